import { describe, expect, it } from 'vitest';

import { HodeiClient, type JobInput } from '../src/index.ts';

interface Submitted {
  readonly path: string;
  readonly jobs: readonly JobInput[];
  readonly keys: readonly string[];
}

interface Result {
  readonly job?: { readonly id: string; readonly name?: string } | undefined;
  readonly isEarlier?: boolean;
  readonly error?: { readonly code: string; readonly status: number };
}

/** A server that stores jobs by their keys, and a client of it. Jobs named "bad" are refused. */
function startServer(refuse: (path: string) => Response | undefined = () => undefined): {
  readonly client: HodeiClient;
  readonly requests: Submitted[];
  readonly stored: Map<string, { readonly id: string; readonly name?: string }>;
} {
  const requests: Submitted[] = [];
  const stored: ReturnType<typeof startServer>['stored'] = new Map();
  const store = (job: JobInput, key: string): Result => {
    const isEarlier = stored.has(key);
    if (job.name === 'bad' || (isEarlier && stored.get(key)?.name !== job.name))
      return { error: { code: job.name === 'bad' ? 'invalid_input' : 'idempotency_key_reused', status: 400 } };
    if (!isEarlier) stored.set(key, { id: `job ${stored.size + 1}`, ...(job.name ? { name: job.name } : {}) });
    return { job: stored.get(key), ...(isEarlier ? { isEarlier } : {}) };
  };
  const client = new HodeiClient({
    baseUrl: 'http://server.test',
    fetch: async (input, init = {}) => {
      init.signal?.throwIfAborted();
      const path = new URL(input instanceof Request ? input.url : input).pathname;
      const body = JSON.parse(init.body as string) as { readonly items: { job: JobInput; idempotencyKey: string }[] };
      const isMany = path === '/v1/jobs/batch';
      const jobs = isMany ? body.items.map(({ job }) => job) : [body as JobInput];
      const key = new Headers(init.headers).get('idempotency-key');
      const keys = isMany ? body.items.map(({ idempotencyKey }) => idempotencyKey) : [key ?? ''];
      requests.push({ path, jobs, keys });
      const refused = refuse(path);
      if (refused !== undefined) return refused;
      const items = jobs.map((job, index) => store(job, keys[index] ?? ''));
      if (isMany) return Response.json({ items });
      const { job, error, isEarlier } = items[0] ?? {};
      if (error !== undefined) return Response.json(error, { status: error.status });
      return Response.json({ ...job, attempts: isEarlier ? [{ number: 1 }] : [] }, { status: isEarlier ? 200 : 201 });
    },
  });
  return { client, requests, stored };
}

const pathsOf = (requests: readonly Submitted[]): readonly string[] => requests.map(({ path }) => path);
const [ONE, MANY] = ['/v1/jobs', '/v1/jobs/batch'];

describe('jobs that are submitted in one turn', () => {
  it('share a request, and each call gets its own job', async () => {
    const { client, requests } = startServer();
    const names = ['a', 'b', 'c'];
    const jobs = await Promise.all(names.map((name) => client.jobs.submit({ name })));
    expect(jobs).toEqual(names.map((name, index) => ({ id: `job ${index + 1}`, name, attempts: [] })));
    expect(requests).toEqual([{ path: MANY, jobs: names.map((name) => ({ name })), keys: expect.any(Array) }]);
    expect(new Set(requests[0]?.keys).size).toBe(3);
  });

  it('are what they were when they were submitted', async () => {
    const { client, stored } = startServer();
    const input = { name: 'a' };
    const first = client.jobs.submit(input);
    input.name = 'b';
    await Promise.all([first, client.jobs.submit(input)]);
    expect([...stored.values()].map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('cost the others nothing where one is refused, and its call throws as it does alone', async () => {
    const { client } = startServer();
    const calls = ['a', 'bad', 'c'].map((name) => client.jobs.submit({ name }));
    const alone = await client.jobs
      .submit({ name: 'bad' }, { signal: new AbortController().signal })
      .catch((error: unknown) => error);
    const [a, bad, c] = await Promise.allSettled(calls);
    expect([a, c]).toMatchObject([{ value: { name: 'a' } }, { value: { name: 'c' } }]);
    expect(bad).toEqual({ status: 'rejected', reason: alone });
    expect(alone).toMatchObject({ code: 'invalid_input', status: 400 });
  });

  it('are refused by the key of another job, and are the same job by their own', async () => {
    const { client, stored } = startServer();
    await client.jobs.submit({ name: 'a' }, { idempotencyKey: 'key' });
    const [other, again] = await Promise.allSettled([
      client.jobs.submit({ name: 'b' }, { idempotencyKey: 'key' }),
      client.jobs.submit({ name: 'a' }, { idempotencyKey: 'key' }),
    ]);
    expect(other).toMatchObject({ reason: { code: 'idempotency_key_reused' } });
    // With the attempts that it has by now, as alone.
    expect(again).toMatchObject({ value: { id: 'job 1', attempts: [{ number: 1 }] } });
    expect(stored.size).toBe(1);
  });

  it('go by several requests where they are many, and a large one alone', async () => {
    const { client, requests } = startServer();
    const large = client.jobs.submit({ name: 'large', script: 'x'.repeat(8000) });
    await Promise.all([large, ...Array.from({ length: 250 }, () => client.jobs.submit({}))]);
    expect(requests.map(({ path, jobs }) => [path, jobs.length])).toEqual([
      [ONE, 1],
      [MANY, 100],
      [MANY, 100],
      [MANY, 50],
    ]);
  });

  it('are submitted one by one, each with its key, where the answer is lost: each is one job', async () => {
    let isFirst = true;
    const { client, requests, stored } = startServer(() => {
      if (!isFirst) return undefined;
      isFirst = false;
      throw new TypeError('fetch failed');
    });
    const jobs = await Promise.all([client.jobs.submit({ name: 'a' }), client.jobs.submit({ name: 'b' })]);
    expect(jobs.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(pathsOf(requests)).toEqual([MANY, ONE, ONE]);
    expect(requests[0]?.keys).toEqual([...stored.keys()]);
  });

  it('are submitted one by one where something else answers', async () => {
    const { client, requests } = startServer((path) => (path === MANY ? Response.json({}) : undefined));
    expect(await Promise.all([client.jobs.submit({}), client.jobs.submit({})])).toHaveLength(2);
    expect(pathsOf(requests)).toEqual([MANY, ONE, ONE]);
  });

  it('are submitted one by one to an older server, and from then on', async () => {
    const { client, requests } = startServer((path) =>
      path === MANY ? Response.json({ code: 'unsupported', status: 405 }, { status: 405 }) : undefined,
    );
    for (let times = 0; times < 2; times += 1) await Promise.all([client.jobs.submit({}), client.jobs.submit({})]);
    expect(pathsOf(requests)).toEqual([MANY, ONE, ONE, ONE, ONE]);
  });
});

describe('a job that is submitted', () => {
  it('alone in its turn has a request of its own, and waits for no timer', async () => {
    const { client, requests } = startServer();
    const submitted = client.jobs.submit({ name: 'a' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(pathsOf(requests)).toEqual([ONE]);
    expect(await submitted).toEqual({ id: 'job 1', name: 'a', attempts: [] });
  });

  it('with a signal is given up alone', async () => {
    const { client, stored } = startServer();
    const reason = new Error('enough');
    const [given, a, b] = await Promise.allSettled([
      client.jobs.submit({ name: 'given up' }, { signal: AbortSignal.abort(reason) }),
      client.jobs.submit({ name: 'a' }),
      client.jobs.submit({ name: 'b' }),
    ]);
    expect(given).toEqual({ status: 'rejected', reason });
    expect([a, b]).toMatchObject([{ value: { name: 'a' } }, { value: { name: 'b' } }]);
    expect(stored.size).toBe(2);
  });
});
