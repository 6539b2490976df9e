import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { createToken } from '@hodei/application';
import { HodeiError } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Metrics } from '../../src/metrics/metrics.ts';
import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { parsePrometheusText, valueOf, type Family } from '../../../../scripts/test-support/prometheus-text.ts';

type Families = ReadonlyMap<string, Family>;

async function scrape(api: MemoryApi): Promise<Families> {
  const answer = await api.app.inject('/metrics');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheusText(answer.body);
}

describe('GET /metrics', () => {
  let api: MemoryApi;
  let families: Families;
  beforeAll(async () => {
    api = await startMemoryApi();
    const run = (command: readonly string[]) =>
      api.app.inject({ method: 'POST', url: '/v1/jobs?wait=10s', payload: { command } });
    await run(['echo', 'hello']);
    await run(['echo', 'hello']);
    await run(['exit', '3']);
    await api.app.inject({
      method: 'POST',
      url: '/v1/jobs',
      payload: { command: ['echo'], notBefore: '2100-01-01T00:00:00Z' },
    });
    await api.app.inject({
      method: 'POST',
      url: '/v1/jobs',
      payload: { command: ['echo'], queue: 'of-somebody', notBefore: '2100-01-01T00:00:00Z' },
    });
    const late = await api.app.inject({
      method: 'POST',
      url: '/v1/jobs',
      payload: { command: ['echo'], notBefore: '2100-01-01T00:00:00Z' },
    });
    await api.app.inject({ method: 'POST', url: `/v1/jobs/${late.json<{ id: string }>().id}/cancel` });
    await api.app.inject(`/v1/jobs/${late.json<{ id: string }>().id}`);
    await api.app.inject('/nothing/here/at/all');
    await api.plane.runner.idle();
    families = await scrape(api);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('counts and measures what jobs did', () => {
    expect(valueOf(families, 'hodei_jobs_submitted_total', { placed: 'false' })).toBe(6);
    expect(valueOf(families, 'hodei_attempts_ended_total', { cause: 'exited_0', start: 'cold' })).toBe(2);
    expect(valueOf(families, 'hodei_attempts_ended_total', { cause: 'exited' })).toBe(1);
    expect(valueOf(families, 'hodei_jobs_ended_total', { state: 'succeeded', cause: 'exited' })).toBe(2);
    expect(valueOf(families, 'hodei_jobs_ended_total', { state: 'failed', cause: 'exited' })).toBe(1);
    expect(valueOf(families, 'hodei_jobs_ended_total', { state: 'cancelled', cause: 'cancelled' })).toBe(1);
    expect(valueOf(families, 'hodei_log_bytes_total', { stream: 'stdout' })).toBe(12);
    for (const phase of ['queue', 'claim', 'pull', 'turn', 'create', 'start', 'record', 'launch'])
      expect([phase, valueOf(families, 'hodei_start_phase_seconds_count', { phase, start: 'cold' })]).toEqual([
        phase,
        3,
      ]);
    expect(valueOf(families, 'hodei_start_phase_seconds_count', { phase: 'first_byte' })).toBe(2);
    expect(valueOf(families, 'hodei_job_first_byte_seconds_count', { start: 'cold' })).toBe(2);
    expect(valueOf(families, 'hodei_attempt_run_seconds_count')).toBe(3);
  });

  it('shows what the store says of the installation', () => {
    expect(valueOf(families, 'hodei_store_up')).toBe(1);
    expect(valueOf(families, 'hodei_jobs_waiting', { queue: 'default', waits_for: 'not_before' })).toBe(1);
    expect(valueOf(families, 'hodei_jobs_waiting', { queue: '(other)', waits_for: 'not_before' })).toBe(1);
    expect(valueOf(families, 'hodei_jobs_waiting', { queue: 'default', waits_for: 'turn' })).toBe(0);
    expect(valueOf(families, 'hodei_jobs_oldest_waiting_seconds')).toBe(0);
    expect(valueOf(families, 'hodei_instances')).toBe(1);
    expect(valueOf(families, 'hodei_provider_health', { provider: 'memory', status: 'healthy' })).toBe(1);
    expect(valueOf(families, 'hodei_provider_health', { provider: 'memory', status: 'unknown' })).toBe(0);
  });

  it('counts requests by route, and never by path', () => {
    expect(valueOf(families, 'hodei_http_requests_total', { method: 'POST', route: '/v1/jobs', status: '201' })).toBe(
      6,
    );
    expect(valueOf(families, 'hodei_http_requests_total', { route: '/v1/jobs/:id', status: '200' })).toBe(1);
    expect(valueOf(families, 'hodei_http_requests_total', { route: '(none)', status: '404' })).toBe(1);
    expect(valueOf(families, 'hodei_http_request_seconds_count', { method: 'POST', route: '/v1/jobs' })).toBe(3);
    const text = JSON.stringify([...families.values()]);
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
    expect(text).not.toContain('/nothing');
  });

  it('has what is usual for a process', () => {
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'process_cpu_seconds_total',
    ])
      expect([name, valueOf(families, name)]).toEqual([name, expect.any(Number)]);
    expect(valueOf(families, 'hodei_build_info', { version: '1.2.3' })).toBe(1);
  });
});

describe('a scrape', () => {
  it('is answered while the store is away, without what the store would say', async () => {
    await using api = await startMemoryApi();
    api.plane.faults.add({
      call: 'census.take',
      kind: 'fail',
      error: new HodeiError('database_unavailable', 'it is away'),
    });
    const families = await scrape(api);
    expect(valueOf(families, 'hodei_store_up')).toBe(0);
    expect(valueOf(families, 'hodei_instances')).toBeUndefined();
    expect(valueOf(families, 'hodei_instance_max_jobs')).toBe(50);
  });

  it('reads the store once, however many come together', async () => {
    await using api = await startMemoryApi();
    const { census } = api.plane.context.repositories;
    let taken = 0;
    const take = census.take.bind(census);
    Object.defineProperty(api.plane.context.repositories, 'census', {
      value: { take: (at: number) => ((taken += 1), take(at)) },
    });
    await Promise.all(Array.from({ length: 20 }, () => scrape(api)));
    await scrape(api);
    expect(taken).toBe(1);
  });

  it('takes a token that may read, where there are tokens; that of a tenant does not do', async () => {
    await using api = await startMemoryApi();
    const make = async (given: object) =>
      (await createToken(api.plane.context, { name: 'x', scopes: ['read'], ...given }, 'a test')).text;
    const status = async (token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await api.app.inject({ url: '/metrics', headers })).statusCode;
    };
    const reader = await make({});
    expect(await status()).toBe(401);
    expect(await status(reader)).toBe(200);
    expect(await status(await make({ tenant: 'acme' }))).toBe(403);
  });
});

describe('docs/observability.md', () => {
  const page = fileURLToPath(new URL('../../../../docs/observability.md', import.meta.url));

  it('tells of every metric, as it is; "vitest --update" writes the table', async () => {
    const ours = new Metrics('1.2.3').describe().filter(({ name }) => name.startsWith('hodei_'));
    const rows = ours.map(({ name, type, labels, isInstallationWide, help }) => {
      const scope = isInstallationWide ? 'installation' : 'instance';
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${scope} | ${help} |`;
    });
    const table = ['| metric | type | labels | of | meaning |', '|---|---|---|---|---|', ...rows.toSorted()].join('\n');
    const written = await readFile(page, 'utf8');
    const place = /(<!-- metrics -->\n)[^]*(<!-- \/metrics -->)/;
    expect(written).toMatch(place);
    await expect(written.replace(place, (_, begin, end) => `${begin}${table}\n${end}`)).toMatchFileSnapshot(page);
  });

  it('tells of every metric that a scrape shows', async () => {
    await using api = await startMemoryApi();
    const described = new Set(new Metrics('1.2.3').describe().map(({ name }) => name));
    const names = [...(await scrape(api)).keys()];
    expect(names.filter((name) => !described.has(name))).toEqual([]);
    // What is usual for Node.js differs by platform; the page names it as a whole.
    expect(names.filter((name) => !/^(hodei|process|nodejs)_/.test(name))).toEqual([]);
  });
});
