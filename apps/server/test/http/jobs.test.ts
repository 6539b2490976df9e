import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;

beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const post = (url: string, payload?: unknown, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'POST',
    url,
    headers,
    ...(payload === undefined ? {} : { payload: payload as object }),
  });
const get = (url: string, headers: Record<string, string> = {}) => api.app.inject({ method: 'GET', url, headers });
const submit = async (input: object, wait = '10s'): Promise<{ id: string }> => {
  const answer = await post(`/v1/jobs?wait=${wait}`, input);
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return answer.json();
};

describe('POST /v1/jobs', () => {
  it('stores a job and says where it is', async () => {
    const answer = await post('/v1/jobs', { image: 'tool', command: ['echo', 'hello'], name: 'greeting' });
    expect(answer.statusCode).toBe(201);
    const job = answer.json<{ id: string }>();
    expect(answer.headers['location']).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ name: 'greeting', attempts: [], spec: { image: 'tool', command: ['echo', 'hello'] } });
  });

  it('answers when the job has ended, if it is asked to wait', async () => {
    expect(await submit({ command: ['exit', '3'] })).toMatchObject({
      state: 'failed',
      cause: 'exited',
      evidence: { exitCode: 3 },
      attempts: [{ number: 1, outputBytes: { stdout: 0, stderr: 0 } }],
    });
  });

  it('answers with the job as it is when the time is over', async () => {
    const job = await submit({ command: ['wait'] }, '30ms');
    expect(['pending', 'scheduled', 'running']).toContain((job as unknown as { state: string }).state);
    expect((await post(`/v1/jobs/${job.id}/cancel`)).statusCode).toBe(200);
    expect((await get(`/v1/jobs/${job.id}?wait=10s`)).json()).toMatchObject({ state: 'cancelled' });
  });

  it('takes stdin as a text or as bytes, and secrets that it never gives back', async () => {
    const text = await submit({ command: ['cat'], stdin: 'ä text' });
    expect((await get(`/v1/jobs/${text.id}/logs`)).body).toBe('ä text');
    const bytes = await submit({ command: ['cat'], stdin: { base64: Buffer.from([0, 255, 10]).toString('base64') } });
    expect([...(await get(`/v1/jobs/${bytes.id}/logs`)).rawPayload]).toEqual([0, 255, 10]);
    const secret = await submit({ command: ['printenv', 'KEY'], secrets: { KEY: 'a-long-secret' } });
    expect((await get(`/v1/jobs/${secret.id}/logs`)).body).not.toContain('a-long-secret');
    expect(JSON.stringify(secret)).not.toContain('a-long-secret');
    expect(secret).toMatchObject({ spec: { secretNames: ['KEY'] } });
  });

  it.each([
    [{ image: 'tool', comand: ['x'] }, 'comand'],
    [{ command: 'echo' }, 'command'],
    [{ command: ['a'], script: 'b' }, 'either a command or a script'],
    [{ env: { A: 1 } }, 'env.A'],
    [{ stdin: { base64: '***' } }, 'stdin'],
    [{ resources: { cpu: -1 } }, 'resources.cpu'],
    [{ labels: { 'hodei.job': 'x' } }, 'reserved'],
    [[], 'expected object'],
  ])('refuses %j, and names what is wrong', async (input, words) => {
    const answer = await post('/v1/jobs', input);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ code: 'invalid_input', status: 400, detail: expect.stringContaining(words) });
  });
});

describe('POST /v1/jobs/batch', () => {
  it('submits many jobs, and says of each what became of it', async () => {
    const items = [
      { job: { image: 'tool', command: ['true'] } },
      { job: { image: 'tool', command: [] } },
      { job: { image: 'tool', command: ['true'] }, idempotencyKey: 'in a batch' },
      { job: { image: 'tool', command: ['true'] }, idempotencyKey: 'in-a-batch' },
      { job: { image: 'tool', command: ['false'] }, idempotencyKey: 'in-a-batch' },
    ];
    const answer = await post('/v1/jobs/batch', { items });
    expect(answer.statusCode).toBe(200);
    const results = answer.json<{ items: { job?: { id: string }; error?: { code: string } }[] }>().items;
    expect(results.map(({ job, error }) => error?.code ?? typeof job?.id)).toEqual([
      'string',
      'invalid_input',
      'invalid_input',
      'string',
      'idempotency_key_reused',
    ]);
    // The same key is the same job, however it is submitted.
    const again = await post('/v1/jobs', items[3]?.job, { 'idempotency-key': 'in-a-batch' });
    expect(again.statusCode).toBe(200);
    expect(again.json()).toMatchObject({ id: results[3]?.job?.id });
    const third = await post('/v1/jobs/batch', { items: [items[3], items[0]] });
    expect(third.json()).toMatchObject({ items: [{ job: { id: results[3]?.job?.id }, isEarlier: true }, {}] });
    expect(third.json<{ items: object[] }>().items[1]).not.toHaveProperty('isEarlier');
    expect((await post('/v1/jobs/batch', { items: [] })).statusCode).toBe(400);
  });
});

describe('GET /v1/jobs', () => {
  it('lists by name, label and state, page by page', async () => {
    for (let i = 0; i < 3; i += 1)
      await submit({ command: ['true'], name: 'listed', labels: { n: String(i), a: 'b=c' } });
    const first = (await get('/v1/jobs?name=listed&limit=2&state=succeeded&state=failed')).json<{
      items: { id: string }[];
      nextCursor: string;
    }>();
    expect(first.items).toHaveLength(2);
    const rest = (await get(`/v1/jobs?name=listed&limit=2&cursor=${first.nextCursor}`)).json<{ items: object[] }>();
    expect(rest.items).toHaveLength(1);
    expect(rest).not.toHaveProperty('nextCursor');
    const one = (await get('/v1/jobs?label=n=1&label=a=b=c')).json<{ items: object[] }>();
    expect(one.items).toMatchObject([{ name: 'listed', spec: { labels: { n: '1' } } }]);
    expect((await get('/v1/jobs?name=listed&state=running')).json()).toEqual({ items: [] });
  });

  it.each(['limit=0', 'limit=1e3', 'limit=', 'cursor=x', 'state=done', 'label=x', 'who=me', 'name=a&name=b'])(
    'refuses ?%s',
    async (query) => {
      expect((await get(`/v1/jobs?${query}`)).json()).toMatchObject({ status: 400, code: 'invalid_input' });
    },
  );
});

describe('one job', () => {
  it.each(['/v1/jobs/nothing', '/v1/jobs/01890a5d-ac96-774b-bcce-b302099a8057', '/v1/jobs/%00', '/v1/jobs/x/logs'])(
    'is not found at %s',
    async (url) => {
      expect((await get(url)).json()).toMatchObject({ status: 404, code: 'not_found' });
    },
  );
});

describe('GET /v1/jobs/{id}/logs', () => {
  it('is the output as it was written, or one stream of it', async () => {
    const { id } = await submit({ command: ['print', 'stderr', 'oops\n', '0'] });
    const all = await get(`/v1/jobs/${id}/logs`);
    expect(all.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(all.body).toBe('oops\n');
    expect((await get(`/v1/jobs/${id}/logs?stream=stdout`)).body).toBe('');
    expect((await get(`/v1/jobs/${id}/logs?since=2999-01-01T00:00:00Z`)).body).toBe('');
  });

  it('follows with ids to go on from, and ends with the job', async () => {
    const { id } = await submit({ command: ['slowly', '20', '4', 'one ', 'two ', 'three'] }, '0ms');
    const events = readEvents((await get(`/v1/jobs/${id}/logs?follow=true`)).body);
    expect(textOf(events)).toBe('one two three');
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { id, state: 'failed', evidence: { exitCode: 4 } } });
    const [first] = events;
    for (const headers of [{ 'last-event-id': first?.id ?? '' }, undefined]) {
      const url = `/v1/jobs/${id}/logs?follow=true${headers === undefined ? `&after=${first?.id}` : ''}`;
      expect(textOf(readEvents((await get(url, headers)).body))).toBe(textOf(events.slice(1)));
    }
    // What was seen last comes before where it was begun; what is past the end, or of another job, gives the end alone.
    const begun = await get(`/v1/jobs/${id}/logs?follow=true&after=0`, { 'last-event-id': first?.id ?? '' });
    expect(textOf(readEvents(begun.body))).toBe(textOf(events.slice(1)));
    const past = readEvents(
      (await get(`/v1/jobs/${id}/logs?follow=true`, { 'last-event-id': '9007199254740991' })).body,
    );
    expect(past).toMatchObject([{ event: 'end', data: { id } }]);
  });

  it('refuses an id that is none', async () => {
    const { id } = await submit({ command: ['true'] });
    const answer = await get(`/v1/jobs/${id}/logs?follow=true`, { 'last-event-id': 'x' });
    expect(answer.json()).toMatchObject({ code: 'invalid_input', field: 'Last-Event-ID' });
  });
});

interface Received {
  readonly event: string;
  readonly id?: string;
  readonly data: { readonly base64?: string };
}

function readEvents(body: string): Received[] {
  return body
    .split('\n\n')
    .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2))))
    .filter((fields) => 'event' in fields)
    .map((fields: Record<string, string>) => ({ ...fields, data: JSON.parse(fields['data'] ?? '') }) as Received);
}

const textOf = (events: readonly Received[]): string =>
  events.map(({ data }) => Buffer.from(data.base64 ?? '', 'base64').toString()).join('');
