import { createToken, issueWorkerToken, revokeToken, TOKEN_CACHE_MS } from '@hodei/application';
import type { TokenInput } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;
let now = Date.now();

beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

const ask = async ({ method = 'GET', url, token, body, headers, from = '10.0.0.1' }: Asked) => {
  const answer = await api.app.inject({
    method,
    url,
    remoteAddress: from,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, json: answer.body === '' ? undefined : answer.json<Record<string, unknown>>() };
};
const make = async (input: Partial<TokenInput>): Promise<string> =>
  (await createToken(api.plane.context, { name: 'test', scopes: ['admin'], ...input }, 'a test')).text;
const submit = (token: string, body: object = {}) => ask({ method: 'POST', url: '/v1/jobs', token, body });

describe('without any token', () => {
  it.each([
    [{ host: 'localhost:7433' }, 200],
    [{ host: '127.0.0.1:7433', origin: 'http://localhost:3000' }, 200],
    [{ host: '[::1]:7433' }, 200],
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{ host: 'localhost', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost', origin: 'null' }, 403],
  ])('asked as %j it answers %i', async (headers, status) => {
    expect(await ask({ url: '/v1/jobs', headers })).toMatchObject({ status });
  });
});

describe('from the first token on', () => {
  it('who has it is held to it at once, also where a server remembers that there was none', async () => {
    expect(await ask({ url: '/v1/workers', headers: { host: 'localhost' } })).toMatchObject({ status: 200 });
    const token = await make({ scopes: ['read'], tenant: 'red' });
    expect(await ask({ url: '/v1/workers', token, headers: { host: 'localhost' } })).toMatchObject({ status: 403 });
  });

  it('everyone needs one, within the time that servers remember that there was none', async () => {
    const token = await make({});
    const clock = api.plane.context.clock;
    now = clock.now() + TOKEN_CACHE_MS;
    Object.assign(clock, { now: () => now });
    expect(await ask({ url: '/v1/jobs' })).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(await ask({ url: '/v1/jobs', token })).toMatchObject({ status: 200 });
    expect(await ask({ url: '/healthz' })).toMatchObject({ status: 200 });
    expect(await ask({ url: '/openapi.json' })).toMatchObject({ status: 200 });
  });

  it.each(['hodei_', 'x', '', 'hodei_00000000000000000000000000000000_' + '0'.repeat(64)])(
    '"%s" is none',
    async (token) => {
      expect(await ask({ url: '/v1/jobs', token })).toMatchObject({ status: 401 });
    },
  );

  it('one with another secret, or that has expired or was revoked, is worth nothing', async () => {
    const good = await make({ expiresAt: now + 60_000 });
    expect(await ask({ url: '/v1/jobs', token: `${good.slice(0, -4)}0000` })).toMatchObject({ status: 401 });
    expect(await ask({ url: '/v1/jobs', token: good })).toMatchObject({ status: 200 });
    now += 60_000;
    expect(await ask({ url: '/v1/jobs', token: good })).toMatchObject({ status: 401 });
    const revoked = await make({});
    expect(await ask({ url: '/v1/jobs', token: revoked })).toMatchObject({ status: 200 });
    await revokeToken(api.plane.context, revoked.split('_')[1] ?? '', 'a test');
    now += TOKEN_CACHE_MS;
    expect(await ask({ url: '/v1/jobs', token: revoked })).toMatchObject({ status: 401 });
  });

  it.each([
    ['read', 'GET', '/v1/workers', 200],
    ['read', 'POST', '/v1/jobs', 403],
    ['submit', 'GET', '/v1/jobs', 200],
    ['submit', 'POST', '/v1/jobs', 201],
    ['submit', 'PUT', '/v1/queues/q', 403],
    ['operate', 'PUT', '/v1/queues/q', 200],
    ['operate', 'POST', '/v1/jobs', 403],
    ['operate', 'POST', '/v1/tokens', 403],
    ['admin', 'PUT', '/v1/queues/q', 200],
    ['admin', 'GET', '/v1/tokens', 200],
  ] as const)('the scope %s for %s %s: %i', async (scope, method, url, status) => {
    const token = await make({ scopes: [scope] });
    expect(await ask({ method, url, token, ...(method === 'GET' ? {} : { body: {} }) })).toMatchObject({ status });
  });

  it('wrong ones from one address are answered alike after a while, and few are looked at', async () => {
    const from = '10.9.9.9';
    const used = await make({});
    const fresh = await make({});
    const late = await make({});
    expect(await ask({ url: '/v1/jobs', token: used, from })).toMatchObject({ status: 200 });
    for (let i = 0; i < 20; i += 1)
      expect(await ask({ url: '/v1/jobs', token: 'x', from })).toMatchObject({ status: 401 });
    expect(await ask({ url: '/v1/jobs', token: 'x', from })).toMatchObject({
      status: 429,
      json: { code: 'rate_limited' },
    });
    // Those who fail behind the same proxy keep nobody out who has a right one, be it new to this server.
    expect(await ask({ url: '/v1/jobs', token: fresh, from })).toMatchObject({ status: 200 });
    for (let i = 0; i < 18; i += 1)
      expect(await ask({ url: '/v1/jobs', token: 'x', from })).toMatchObject({ status: 429 });
    // So many within a second that nothing more is looked at but what was right before.
    expect(await ask({ url: '/v1/jobs', token: late, from })).toMatchObject({ status: 429 });
    expect(await ask({ url: '/v1/jobs', token: used, from })).toMatchObject({ status: 200 });
    expect(await ask({ url: '/v1/jobs', token: late, from: '10.9.9.8' })).toMatchObject({ status: 200 });
    now += 60_000;
    expect(await ask({ url: '/v1/jobs', token: 'x', from })).toMatchObject({ status: 401 });
  });

  it('whoever changes something is in the history, before it is changed', async () => {
    const token = await make({ name: 'ops', scopes: ['operate', 'submit'] });
    await ask({ method: 'PUT', url: '/v1/queues/nightly', token, body: { weight: 3 } });
    const { json } = await submit(token);
    const events = await api.plane.context.repositories.history.list({ afterSeq: 0, limit: 10_000 });
    const by = expect.stringMatching(/^ops \(token [0-9a-f]{32}\)$/);
    const [request, changed] = events.slice(events.findIndex(({ data }) => data['path'] === '/v1/queues/nightly'));
    expect(request).toMatchObject({ kind: 'audit.request', data: { by, method: 'PUT' } });
    expect(changed).toMatchObject({ kind: 'queue.changed', data: { name: 'nightly' } });
    expect(events.find(({ jobId }) => jobId === json?.['id'])).toMatchObject({ kind: 'job.scheduled', data: { by } });
    expect(json).toMatchObject({ submittedBy: by });
  });

  it('one is made and revoked over HTTP, told once, and stands nowhere', async () => {
    const admin = await make({});
    const made = await ask({ method: 'POST', url: '/v1/tokens', token: admin, body: { name: 'ci', scopes: ['read'] } });
    expect(made).toMatchObject({ status: 201, json: { name: 'ci', scopes: ['read'] } });
    const text = String(made.json?.['token']);
    expect(await ask({ url: '/v1/jobs', token: text })).toMatchObject({ status: 200 });
    const listed = JSON.stringify(await ask({ url: '/v1/tokens', token: admin }));
    expect(listed).toContain(String(made.json?.['id']));
    expect(listed).not.toContain(text.split('_')[2]);
    const id = String(made.json?.['id']);
    const gone = await ask({ method: 'DELETE', url: `/v1/tokens/${id}`, token: admin });
    expect(gone).toMatchObject({ status: 200, json: { id, revokedAt: expect.any(String) } });
    const refused = { name: 'x', scopes: ['admin'], tenant: 'red' };
    expect(await ask({ method: 'POST', url: '/v1/tokens', token: admin, body: refused })).toMatchObject({
      status: 400,
    });
  });
});

describe("a tenant's token", () => {
  it('sees and touches only the jobs of its tenant', async () => {
    const red = await make({ scopes: ['submit'], tenant: 'red' });
    const blue = await make({ scopes: ['submit'], tenant: 'blue' });
    const all = await make({});
    const job = (await submit(red, { notBefore: '2999-01-01T00:00:00Z' })).json;
    const id = String(job?.['id']);
    expect(job).toMatchObject({ spec: { tenant: 'red' } });
    const nowhere = '01890a5d-ac96-774b-bcce-b302099a8057';
    for (const path of ['', '/logs', '/logs?follow=true']) {
      const theirs = await ask({ url: `/v1/jobs/${id}${path}`, token: blue });
      expect(theirs).toMatchObject({ status: 404, json: { code: 'not_found' } });
      // Word for word what is said of a job that never was.
      const none = await ask({ url: `/v1/jobs/${nowhere}${path}`, token: blue });
      expect({ ...theirs.json, requestId: '' }).toEqual({
        ...none.json,
        requestId: '',
        detail: String(none.json?.['detail']).replace(nowhere, id),
      });
    }
    expect(await ask({ method: 'POST', url: `/v1/jobs/${id}/cancel`, token: blue })).toMatchObject({ status: 404 });
    expect((await ask({ url: '/v1/jobs', token: blue })).json).toEqual({ items: [] });
    expect((await ask({ url: '/v1/jobs?tenant=red', token: blue })).json).toEqual({ items: [] });
    expect((await ask({ url: '/v1/jobs?tenant=red', token: all })).json).toMatchObject({ items: [{ id }] });
    expect((await ask({ url: '/v1/jobs', token: red })).json).toMatchObject({ items: [{ id }] });
    expect(await submit(red, { tenant: 'blue' })).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await ask({ url: '/v1/workers', token: red })).toMatchObject({ status: 403 });
    expect(await ask({ method: 'POST', url: `/v1/jobs/${id}/cancel`, token: red })).toMatchObject({ status: 200 });
  });
});

describe('Idempotency-Key', () => {
  const send = (token: string, key: string, body: object) =>
    ask({ method: 'POST', url: '/v1/jobs', token, body, headers: { 'idempotency-key': key } });

  it('that begins with its time makes an id that does, and is another one for somebody else', async () => {
    const [one, other] = [await make({}), await make({})];
    const key = '0193b5c2-7a10-7abc-8def-0123456789ab';
    const ids = await Promise.all(
      [one, other, one].map(async (token) => (await send(token, key, { command: ['true'] })).json?.['id']),
    );
    expect(ids[0]).toMatch(/^0193b5c2-7a10-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[1]).toMatch(/^0193b5c2-7a10-8/);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
    const next = await send(one, key.replace('7abc', '7abd'), { command: ['true'] });
    expect(next.json?.['id']).toMatch(/^0193b5c2-7a10-8/);
    expect(next.json?.['id']).not.toBe(ids[0]);
    const random = await send(one, key.replace('-7abc-', '-4abc-'), { command: ['true'] });
    expect(random.json?.['id']).not.toMatch(/^0193b5c2-7a10-/);
  });

  it('makes one job of a request that is sent again, also at the same time', async () => {
    const token = await make({});
    const body = { command: ['true'], labels: { a: '1', b: '2' }, secrets: { KEY: 'one' } };
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(token, 'key-1', body)));
    const [first] = answers;
    expect(new Set(answers.map(({ json }) => json?.['id'])).size).toBe(1);
    now += 1;
    const again = await send(token, 'key-1', { ...body, labels: { b: '2', a: '1' } });
    expect(again).toMatchObject({ status: 200, json: { id: first?.json?.['id'] } });
  });

  it('makes one job of a key in many batches at once, and refuses it for another request in the same one', async () => {
    const token = await make({});
    const one = { job: { command: ['true'] }, idempotencyKey: 'key-batch' };
    const other = { job: { command: ['false'] }, idempotencyKey: 'key-batch' };
    const batch = async (...items: readonly object[]): Promise<readonly unknown[]> => {
      const { status, json } = await ask({ method: 'POST', url: '/v1/jobs/batch', token, body: { items } });
      expect(status).toBe(200);
      return json?.['items'] as readonly unknown[];
    };
    const answers = (await Promise.all([batch(one, one), batch(one), batch(one, other), batch(one)])).flat();
    const ids = answers.flatMap((answer) =>
      'job' in (answer as object) ? [(answer as { job: { id: string } }).job.id] : [],
    );
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(1);
    expect(answers[4]).toMatchObject({ error: { status: 409, code: 'idempotency_key_reused' } });
    expect(await send(token, 'key-batch', one.job)).toMatchObject({ json: { id: ids[0] } });
  });

  it('refuses another request with the same key, if only by the value of a secret', async () => {
    const token = await make({});
    const body = { command: ['true'], secrets: { KEY: 'one' } };
    await send(token, 'key-2', body);
    for (const other of [
      { ...body, priority: 1 },
      { ...body, secrets: { KEY: 'two' } },
    ]) {
      expect(await send(token, 'key-2', other)).toMatchObject({
        status: 409,
        json: { code: 'idempotency_key_reused' },
      });
    }
  });

  it("belongs to its token, or to its token's tenant", async () => {
    const [one, two] = [await make({}), await make({})];
    const [red, alsoRed] = [
      await make({ scopes: ['submit'], tenant: 'red' }),
      await make({ scopes: ['submit'], tenant: 'red' }),
    ];
    const ids = [];
    for (const token of [one, two, red, alsoRed]) ids.push((await send(token, 'key-3', {})).json?.['id']);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe(ids[3]);
  });

  it.each(['with space', 'ü', 'x'.repeat(256)])('refuses "%.20s"', async (key) => {
    expect(await send(await make({}), key, {})).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
  });
});

describe("a worker's own report", () => {
  it('takes its own token, each once, and no other', async () => {
    const admin = await make({});
    const { context } = api.plane;
    const submitted = await submit(admin, { command: ['wait'] });
    const jobUrl = `/v1/jobs/${String(submitted.json?.['id'])}`;
    await vi.waitFor(async () =>
      expect(await ask({ url: jobUrl, token: admin })).toMatchObject({ json: { state: 'running' } }),
    );
    const [worker] = (await context.repositories.workers.list({ limit: 1, states: ['busy'] })).items;
    if (worker === undefined) throw new Error('the job has no worker');
    const report = async (token: string, workerId: string = worker.id) => {
      const body = { at: new Date(now).toISOString(), progress: 'half' };
      return ask({ method: 'POST', url: `/v1/workers/${workerId}/heartbeat`, token, body, from: '10.5.5.5' });
    };
    const refused = { status: 401, json: { code: 'unauthenticated' } };
    const first = await issueWorkerToken(context, worker.id);
    expect(await report(first, '01890a5d-ac96-774b-bcce-b302099a8057')).toMatchObject(refused);
    const answer = await report(first);
    expect(answer).toMatchObject({ status: 200, json: { token: expect.stringMatching(/^hodeiw_/) } });
    const second = String(answer.json?.['token']);
    expect(await report(second)).toMatchObject({ status: 200 });
    for (const token of [first, admin]) expect(await report(token)).toMatchObject(refused);
    expect(await ask({ url: `/v1/workers/${worker.id}`, token: second })).toMatchObject(refused);
    expect(await ask({ url: `/v1/workers/${worker.id}`, token: admin })).toMatchObject({ json: { progress: 'half' } });
    // Whoever guesses is held up as anywhere else.
    for (let i = 0; i < 17; i += 1) await report('x');
    expect(await report('x')).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(await ask({ method: 'POST', url: `${jobUrl}/cancel?force=true`, token: admin })).toMatchObject({
      status: 200,
    });
  });
});
