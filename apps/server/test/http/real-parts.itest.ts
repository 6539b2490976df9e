import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HodeiClient, type JobDescription } from '@hodei/client';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findEngine } from '../../../../scripts/engine/reach-engine.ts';
import { listManaged } from '../../../../scripts/test-support/list-resources.ts';
import { openTcpProxy, type TcpProxy } from '../../../../scripts/test-support/tcp-proxy.ts';
import { parseSettings, serve } from '../../src/index.ts';
import { openSse } from '../support/sse-client.ts';

// A service as it is really composed: HTTP on a socket, a real Postgres behind a proxy that can be shut, a real engine.
const stack = new AsyncDisposableStack();
let database: TcpProxy;
let url: string;
let client: HodeiClient;

beforeAll(async () => {
  const admin = new Client({ connectionString: inject('postgresAdminUrl') });
  await admin.connect();
  stack.defer(() => admin.end());
  const name = `hodei_real_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  stack.defer(async () => void (await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)));
  const databaseUrl = new URL(inject('postgresAdminUrl'));
  database = stack.use(await openTcpProxy({ host: databaseUrl.hostname, port: Number(databaseUrl.port) }));
  databaseUrl.pathname = `/${name}`;
  databaseUrl.hostname = '127.0.0.1';
  databaseUrl.port = String(database.port);
  const dataDir = await mkdtemp(join(tmpdir(), 'hodei-real-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const settings = parseSettings({
    ...process.env,
    DOCKER_HOST: (await findEngine()).address,
    HODEI_DATA_DIR: dataDir,
    HODEI_DATABASE_URL: databaseUrl.href,
    HODEI_LISTEN: '127.0.0.1:0',
  });
  const over = new AbortController();
  const listening = Promise.withResolvers<string>();
  const quiet = (): void => undefined;
  const served = serve(settings, over.signal, {
    diagnostics: { info: quiet, warn: quiet, error: quiet },
    onListening: listening.resolve,
  });
  stack.defer(async () => {
    over.abort();
    await served;
  });
  url = await Promise.race([listening.promise, served.then(() => Promise.reject(new Error('it has ended')))]);
  client = new HodeiClient({ baseUrl: url });
});
afterAll(() => stack.disposeAsync());

const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('HTTP on a real Postgres and a real engine', () => {
  it('submits, waits, and says how it went', async () => {
    const answer = await post('/v1/jobs?wait=60s', { script: 'echo out; echo err >&2; exit 3' });
    expect(answer.status).toBe(201);
    const job = (await answer.json()) as JobDescription;
    expect(job).toMatchObject({ state: 'failed', cause: 'exited', evidence: { exitCode: 3 } });
    expect(job.attempts).toMatchObject([{ number: 1, outputBytes: { stdout: 4, stderr: 4 } }]);
    const logs = `${url}/v1/jobs/${job.id}/logs`;
    expect(await (await fetch(`${logs}?stream=stdout`)).text()).toBe('out\n');
    expect(await (await fetch(`${logs}?stream=stderr`)).text()).toBe('err\n');
  });

  it('is one job, however often a submission with a key is sent, and refuses the key for another', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const body = { script: 'echo once' };
    const all = await Promise.all([1, 2, 3].map(() => post('/v1/jobs?wait=60s', body, key)));
    const ids = await Promise.all(all.map(async (answer) => ((await answer.json()) as JobDescription).id));
    expect(new Set(ids).size).toBe(1);
    const again = await post('/v1/jobs', body, key);
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ id: ids[0], state: 'succeeded', attempts: [{ number: 1 }] });
    const other = await post('/v1/jobs', { script: 'echo twice' }, key);
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('follows output over a cut connection, and cancels what would never end', async () => {
    const { id } = await client.jobs.submit({
      script: 'for i in $(seq 1 20); do echo line $i; [ $i != 10 ] || sleep 1; done; while :; do sleep 1; done',
    });
    const expected = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join('');
    const logs = `${url}/v1/jobs/${id}/logs?follow=true`;
    let got = '';
    let last: string | undefined;
    const first = await openSse(logs);
    for await (const { event, id: seq, data } of first) {
      if (event !== 'output') continue;
      got += Buffer.from(String(data['base64']), 'base64').toString();
      last = seq;
      break;
    }
    first.close();
    expect(got).not.toBe('');
    const second = await openSse(logs, last);
    let ended: unknown;
    for await (const { event, data } of second) {
      if (event === 'output') got += Buffer.from(String(data['base64']), 'base64').toString();
      if (event === 'end') ended = data;
      if (got === expected && ended === undefined) await client.jobs.cancel(id, { force: true });
    }
    expect(got).toBe(expected);
    expect(ended).toMatchObject({ id, state: 'cancelled', cancelRequest: { force: true } });
  });

  it('drains a worker: what runs in it ends as it would, and then it is gone from the engine', async () => {
    const { id } = await client.jobs.submit({ script: 'echo begun; sleep 1; echo done' });
    const follower = client.jobs.followOutput(id);
    await follower.next();
    const { items } = await client.workers.list({ states: ['ready', 'busy'] });
    const worker = items.find(({ jobId }) => jobId === id);
    expect(await client.workers.drain(worker?.id ?? '')).toMatchObject({ endRequest: { kind: 'drain' } });
    expect(await client.jobs.wait(id)).toMatchObject({ state: 'succeeded', attempts: [{ number: 1 }] });
    await expect
      .poll(async () => (await client.workers.get(worker?.id ?? '')).state, { timeout: 20_000 })
      .toBe('terminated');
    const { endpoint } = await findEngine();
    expect((await listManaged(endpoint)).filter(({ labels }) => labels['hodei.worker'] === worker?.id)).toEqual([]);
  });

  it('is not ready while the database is away, answers with a problem, and is ready again after', async () => {
    expect((await client.readiness()).ready).toBe(true);
    database.shut();
    await expect.poll(async () => (await client.readiness()).ready, { timeout: 20_000 }).toBe(false);
    expect((await client.readiness()).checks).toContainEqual(expect.objectContaining({ ok: false }));
    expect((await client.health()).version).toBeDefined();
    const refused = await fetch(`${url}/v1/jobs`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({ retryable: true, code: expect.stringMatching(/unavailable/) });
    database.open();
    await expect.poll(async () => (await client.readiness()).ready, { timeout: 30_000 }).toBe(true);
    expect(await client.jobs.wait((await client.jobs.submit({ script: 'echo back' })).id)).toMatchObject({
      state: 'succeeded',
    });
  });

  // The last one: from the first token on, everyone needs one, once the server has noticed; a tenant's is heeded at once.
  it("does not tell a tenant of another one's jobs", async () => {
    const admin = await client.tokens.create({ name: 'admin', scopes: ['admin'] });
    const all = new HodeiClient({ baseUrl: url, token: admin.token });
    const [red, blue] = await Promise.all(
      ['red', 'blue'].map(async (tenant) => {
        const { token } = await all.tokens.create({ name: tenant, scopes: ['submit'], tenant });
        return new HodeiClient({ baseUrl: url, token });
      }),
    );
    const job = await red?.jobs.submit({ script: 'echo mine' });
    const id = job?.id ?? '';
    expect(await red?.jobs.wait(id)).toMatchObject({ state: 'succeeded', spec: { tenant: 'red' } });
    for (const attempt of [
      () => blue?.jobs.get(id),
      () => blue?.jobs.cancel(id),
      () => blue?.jobs.output(id),
      () => blue?.jobs.followOutput(id).next(),
      () => blue?.events.follow({ jobId: id }).next(),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found', status: 404 });
    expect((await blue?.jobs.list())?.items).toEqual([]);
    await expect(blue?.jobs.submit({ tenant: 'red' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(blue?.workers.list()).rejects.toMatchObject({ code: 'forbidden' });
  });
});
