import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parsePrometheusText, valueOf, type Family } from '../../../scripts/test-support/prometheus-text.ts';
import { openInstallation, until, type Installation, type Result } from './support/hodei.ts';
import { openOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.ts';

const CALLER = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };

interface JobJson {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly { readonly id: string; readonly workerId: string; readonly providerId: string }[];
}

/** One service on a real engine and a real Postgres, watched by everything there is, at its most talkative. */
describe('a service that is watched', () => {
  const secret = `s3cret-${randomBytes(12).toString('hex')}`;
  const cleanUp = new AsyncDisposableStack();
  let here: Installation;
  let collector: OtlpReceiver;
  let metrics: ReadonlyMap<string, Family>;
  let shown: string;
  let [cold, warm, reused, failed]: JobJson[] = [];
  let ended: Result;

  beforeAll(async () => {
    collector = cleanUp.use(await openOtlpReceiver());
    here = await openInstallation();
    cleanUp.defer(() => here.close());
    const service = here.start(['serve'], {
      HODEI_LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    const [, url = ''] = await service.seenMatch(/listening at (\S+)\n/);
    const ask = async <T>(path: string, method: string, body: object, headers = {}): Promise<T> => {
      const init = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
      const answer = await fetch(url + path, init);
      expect(answer.status).toBeLessThan(300);
      return (await answer.json()) as T;
    };
    const idle = (): Promise<void> =>
      until(
        async () => /hodei_pool_idle_workers\{pool="warm"\} 1/.test(await (await fetch(`${url}/metrics`)).text()),
        30_000,
      );
    const run = (job: object, headers?: object) => ask<JobJson>('/v1/jobs?wait=60s', 'POST', job, headers);
    const secrets = { KEY: secret };
    const script = 'echo "the key is $KEY"; echo "$KEY" >&2';
    await ask('/v1/pools/warm', 'PUT', { template: { image: 'busybox' }, minIdle: 1, maxJobsPerWorker: 5 });
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
    cold = await run({ script, secrets, resources: { memoryBytes: 2 ** 26 } }, { traceparent });
    await idle();
    warm = await run({ script, secrets });
    await idle();
    reused = await run({ script, secrets });
    failed = await run({ command: ['no-such-program'], secrets, resources: { memoryBytes: 2 ** 26 } });
    await until(async () => {
      shown = await (await fetch(`${url}/metrics`)).text();
      return /hodei_jobs_in_flight\{queue="default",state="running"\} 0/.test(shown);
    });
    metrics = parsePrometheusText(shown);
    service.child.kill('SIGTERM');
    ended = await service.done;
  }, 90_000);
  afterAll(() => cleanUp.disposeAsync());

  const spansOf = (traceId: string): readonly ReceivedSpan[] =>
    collector.spans().filter((span) => span.traceId === traceId);
  const attribute = ({ attributes }: ReceivedSpan, key: string): unknown =>
    Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];
  /** A line a span, with its depth, in the order of their beginning. */
  const drawTree = (spans: readonly ReceivedSpan[], parent?: string, depth = 0): readonly string[] =>
    spans
      .filter(({ parentSpanId = '' }) =>
        parent === undefined ? !spans.some(({ spanId }) => spanId === parentSpanId) : parentSpanId === parent,
      )
      .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
      .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...drawTree(spans, span.spanId, depth + 1)]);

  it('counts and measures what its jobs did', () => {
    const value = (name: string, labels?: Readonly<Record<string, string>>) => valueOf(metrics, name, labels);
    expect(value('hodei_jobs_submitted_total', { placed: 'true' })).toBe(2);
    expect(value('hodei_jobs_submitted_total', { placed: 'false' })).toBe(2);
    expect(value('hodei_jobs_ended_total', { state: 'succeeded' })).toBe(3);
    expect(value('hodei_attempts_ended_total', { cause: 'command_not_found', start: 'cold' })).toBe(1);
    for (const phase of ['queue', 'claim', 'pull', 'turn', 'create', 'start', 'record', 'launch', 'first_byte'])
      expect([phase, value('hodei_start_phase_seconds_count', { phase, start: 'cold' })]).toEqual([phase, 1]);
    for (const start of ['warm', 'reused']) {
      for (const phase of ['queue', 'claim', 'launch', 'first_byte'])
        expect([start, phase, value('hodei_start_phase_seconds_count', { phase, start })]).toEqual([start, phase, 1]);
    }
    expect(value('hodei_start_phase_seconds_sum', { phase: 'start', start: 'cold' })).toBeGreaterThan(0.01);
    expect(value('hodei_start_phase_seconds_count', { phase: 'start', start: 'refill' })).toBeGreaterThan(0);
    expect(value('hodei_log_bytes_total', { stream: 'stdout' })).toBe(3 * (secret.length + 12));
    expect(value('hodei_pool_target_idle_workers', { pool: 'warm' })).toBe(1);
    expect(value('hodei_pool_workers_made_total', { pool: 'warm', result: 'failed' })).toBeUndefined();
    expect(value('hodei_provider_health', { status: 'healthy' })).toBe(1);
    expect(value('hodei_lease_renewals_total', { result: 'renewed' })).toBeGreaterThan(0);
    expect(value('hodei_postgres_max_connections')).toBe(10);
    expect(value('hodei_instances')).toBe(1);
  });

  it("makes one tree of a job's spans, below the caller's", () => {
    const spans = spansOf(CALLER.traceId);
    const parts = ['claim', 'pull', 'turn', 'create', 'start', 'record', 'launch', 'run', 'finish'];
    expect(drawTree(spans)[0]).toBe('job');
    expect(drawTree(spans).toSorted()).toEqual(
      ['job', '  submit', '  queue', '  attempt', ...parts.map((part) => `    ${part}`)].toSorted(),
    );
    const [root] = spans.filter(({ name }) => name === 'job');
    expect(root?.parentSpanId).toBe(CALLER.spanId);
    expect(root && attribute(root, 'hodei.job.id')).toBe(cold?.id);
    const [attempt] = spans.filter(({ name }) => name === 'attempt');
    expect(attempt && attribute(attempt, 'hodei.worker.id')).toBe(cold?.attempts[0]?.workerId);
    expect(spans.find(({ name }) => name === 'run')?.events.map(({ name }) => name)).toEqual(['first byte']);
    for (const { startTimeUnixNano, endTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
    expect(collector.resource()).toEqual(
      expect.arrayContaining(['service.name=hodei', 'deployment.environment.name=test']),
    );
  });

  it('gives a job that came without a trace one by its id, and says which failed', () => {
    for (const job of [warm, reused])
      expect(drawTree(spansOf(job?.id.replaceAll('-', '') ?? '')).toSorted()).toEqual(
        ['job', '  submit', '  queue', '  attempt', '    claim', '    launch', '    run', '    finish'].toSorted(),
      );
    const spans = spansOf(failed?.id.replaceAll('-', '') ?? '');
    expect(spans.find(({ name }) => name === 'job')?.status).toMatchObject({ code: 2, message: 'command_not_found' });
  });

  it('logs lines of JSON with the same ids everywhere', () => {
    const lines = ended.stderr.split('\n').filter((line) => line.startsWith('{'));
    const facts = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const [attempt] = cold?.attempts ?? [];
    expect(facts).toContainEqual(
      expect.objectContaining({
        level: 30,
        msg: 'an attempt has ended',
        jobId: cold?.id,
        attemptId: attempt?.id,
        workerId: attempt?.workerId,
        providerId: attempt?.providerId,
        start: 'cold',
        cause: 'exited',
        exitCode: 0,
      }),
    );
    expect(facts.filter(({ msg }) => msg === 'an attempt has ended')).toHaveLength(4);
    expect(facts.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  it('tells a secret to nobody who watches', () => {
    expect(ended.code).toBe(0);
    expect(ended.stderr + ended.stdout + shown + collector.bodies.join('')).not.toContain(secret);
    expect(collector.bodies.join('').length).toBeGreaterThan(1000);
  });
});
