import { describe, expect, it } from 'vitest';

import { HodeiClient, HodeiClientError } from '../src/index.ts';
import { breaksOff, clientThatGets, events, header, json, output } from './support/answers.ts';

describe('what is no server', () => {
  it.each([
    { baseUrl: 'nowhere' },
    { baseUrl: 'ftp://server.test' },
    { baseUrl: 'http://me:hunter2@server.test' },
    { baseUrl: 'http://server.test/?token=hunter2' },
    { baseUrl: 'http://server.test', token: 'hunter2\n' },
    { baseUrl: 'http://server.test', token: '' },
  ])('%j is refused at once, and not repeated', (options) => {
    expect(() => new HodeiClient(options)).toThrow(/^the (base URL|token) must be (?!.*hunter2)/);
  });
});

describe('a request', () => {
  it('goes to the base URL with the token', async () => {
    const { client, requests } = clientThatGets(() => json({ items: [] }));
    await client.jobs.list({ states: ['running', 'pending'], labels: { team: 'a=b' }, limit: 5 });
    expect(requests[0]?.url.href).toBe(
      'http://server.test/hodei/v1/jobs?limit=5&state=running&state=pending&label=team%3Da%3Db',
    );
    expect(header(requests[0]?.init, 'authorization')).toBe('Bearer secret');
  });

  it('that is refused throws what the server said', async () => {
    const problem = { title: 'Not found', status: 404, detail: 'there is no job x', code: 'not_found' };
    const { client } = clientThatGets(() => json(problem, 404));
    await expect(client.jobs.get('x')).rejects.toMatchObject({
      name: 'HodeiClientError',
      code: 'not_found',
      status: 404,
      retryable: false,
      message: 'there is no job x',
    });
  });

  it('that gets no answer is made again, a submission with the same key', async () => {
    const { client, requests } = clientThatGets(breaksOff, breaksOff, () => json({ id: 'j' }, 201));
    expect((await client.jobs.submit({ command: ['true'] })).id).toBe('j');
    const keys = requests.map(({ init }) => header(init, 'idempotency-key'));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^0[0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const [time = ''] = /^(.{8}-.{4})/.exec(String(keys[0])) ?? [];
    expect(Math.abs(parseInt(time.replace('-', ''), 16) - Date.now())).toBeLessThan(60_000);
  });

  it('that belongs to a trace says so', async () => {
    const { client, requests } = clientThatGets(() => json({ id: 'j' }, 201));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await client.jobs.submit({ command: ['true'] }, { traceparent });
    expect(header(requests[0]?.init, 'traceparent')).toBe(traceparent);
  });

  it('that adds a provider is not made again: it may have arrived', async () => {
    const { client, requests } = clientThatGets(breaksOff);
    await expect(client.providers.add({ name: 'a', type: 'docker' })).rejects.toMatchObject({
      code: 'server_unavailable',
      retryable: true,
    });
    expect(requests).toHaveLength(1);
  });

  it('that is given up throws the reason of its signal', async () => {
    const reason = new Error('enough');
    const { client } = clientThatGets(() => Promise.reject(reason));
    await expect(client.jobs.get('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('waiting', () => {
  it('asks until the job has ended', async () => {
    const { client, requests } = clientThatGets(
      () => json({ id: 'j', state: 'running' }),
      () => json({ id: 'j', state: 'succeeded' }),
    );
    expect((await client.jobs.wait('j')).state).toBe('succeeded');
    expect(requests.map(({ url }) => url.search)).toEqual(['?wait=30s', '?wait=30s']);
  });
});

describe('following output', () => {
  const texts = async (client: HodeiClient, options = {}): Promise<readonly string[]> => {
    const seen: string[] = [];
    for await (const { bytes } of client.jobs.followOutput('j', options)) seen.push(new TextDecoder().decode(bytes));
    return seen;
  };

  it('goes on after the last event, where the stream breaks off or the server ends it', async () => {
    const { client, requests } = clientThatGets(
      () => events(output(1, 'a') + output(2, 'b'), 'breaks'),
      () => json({ code: 'unavailable', status: 503, retryable: true }, 503),
      () => events(`${output(3, 'c')}: still here\n\n`),
      () => events('event: end\ndata: {}\n\n'),
    );
    expect(await texts(client)).toEqual(['a', 'b', 'c']);
    expect(requests.map(({ init }) => header(init, 'last-event-id'))).toEqual([null, '2', '2', '3']);
  });

  it('without follow ends with what is there', async () => {
    const { client, requests } = clientThatGets(() => events(output(1, 'a')));
    expect(await texts(client, { follow: false })).toEqual(['a']);
    expect(requests).toHaveLength(1);
  });

  it('throws a problem that the server tells in the stream', async () => {
    const { client } = clientThatGets(() =>
      events('event: problem\ndata: {"code":"not_found","status":404,"detail":"gone","retryable":false}\n\n'),
    );
    await expect(texts(client)).rejects.toThrow(HodeiClientError);
  });
});

describe('following what happens', () => {
  const history = (seq: number, kind: string): string =>
    `id: ${seq}\nevent: history\ndata: ${JSON.stringify({ seq, at: '2026-01-01T00:00:00.000Z', kind, data: {} })}\n\n`;

  it('goes on after the last event, also where it was cut off before there was one', async () => {
    const { client, requests } = clientThatGets(
      () => events('retry: 1000\n\nid: 7\nevent: start\ndata: {}\n\n', 'breaks'),
      () => events(history(8, 'job.pending'), 'breaks'),
      () => events(history(9, 'job.running')),
    );
    const enough = new AbortController();
    const kinds: string[] = [];
    for await (const { kind } of client.events.follow({ signal: enough.signal })) {
      kinds.push(kind);
      if (kinds.length === 2) break;
    }
    expect(kinds).toEqual(['job.pending', 'job.running']);
    expect(requests.map(({ init }) => header(init, 'last-event-id'))).toEqual([null, '7', '8']);
  });

  it('is given up with its signal, also while it waits', async () => {
    const reason = new Error('enough');
    const enough = new AbortController();
    const { client } = clientThatGets(
      () => events(history(1, 'job.pending'), 'breaks'),
      () => json({ code: 'unavailable', status: 503, retryable: true }, 503),
    );
    const follower = client.events.follow({ signal: enough.signal });
    await follower.next();
    const next = follower.next();
    enough.abort(reason);
    await expect(next).rejects.toBe(reason);
  });

  it('throws what is not worth another try', async () => {
    const { client, requests } = clientThatGets(() => json({ code: 'forbidden', status: 403 }, 403));
    await expect(client.events.follow().next()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    expect(requests).toHaveLength(1);
  });
});
