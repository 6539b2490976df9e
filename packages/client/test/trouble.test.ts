import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { HodeiClient, isHodeiClientError, type HodeiClientError } from '../src/index.ts';
import { breaksOff, clientThatGets, events, header, json, output, type Answer } from './support/answers.ts';

const away: Answer = () => json({ code: 'database_unavailable', status: 503, retryable: true }, 503);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What a call comes to, however long it pauses. */
async function outcomeOf<T>(call: Promise<T>): Promise<T | HodeiClientError> {
  const settled = call.catch((error: unknown) => {
    if (isHodeiClientError(error)) return error;
    throw error;
  });
  await vi.runAllTimersAsync();
  return settled;
}

/** A client of a server that is away for so long, and then gives this answer. */
function clientOfOneThatIsAway(durationMs: number, answer: Answer): HodeiClient {
  const back = Date.now() + durationMs;
  return new HodeiClient({
    baseUrl: 'http://server.test',
    fetch: async (input, init = {}) =>
      (Date.now() < back ? away : answer)({ url: new URL(input instanceof Request ? input.url : input), init }),
  });
}

describe('a server that is away', () => {
  it('for 15 seconds is waited for by who waits for a job, and by who follows it', async () => {
    const wait = clientOfOneThatIsAway(15_000, () => json({ id: 'j', state: 'succeeded' })).jobs.wait('j');
    expect(await outcomeOf(wait)).toMatchObject({ state: 'succeeded' });
    const follower = clientOfOneThatIsAway(15_000, () => events(output(1, 'a'))).jobs.followOutput('j');
    expect(await outcomeOf(follower.next())).toMatchObject({ done: false });
  });

  it('for longer is an error in the end: the last one that there was', async () => {
    const wait = clientOfOneThatIsAway(3_600_000, () => json({})).jobs.wait('j');
    expect(await outcomeOf(wait)).toMatchObject({ code: 'database_unavailable', retryable: true });
    const follower = clientOfOneThatIsAway(3_600_000, () => events('')).jobs.followOutput('j');
    expect(await outcomeOf(follower.next())).toMatchObject({ code: 'database_unavailable', status: 503 });
  });

  it('and away again after each event is followed as long as there are events', async () => {
    const broken = Array.from({ length: 20 }, (_, index) => () => events(output(index + 1, 'x'), 'breaks'));
    const { client } = clientThatGets(...broken, () => events('event: end\ndata: {}\n\n'));
    let seen = 0;
    const all = (async (): Promise<number> => {
      for await (const { bytes } of client.jobs.followOutput('j')) seen += bytes.length;
      return seen;
    })();
    expect(await outcomeOf(all)).toBe(20);
  });

  it('is not asked again by who has given up meanwhile', async () => {
    const { client, requests } = clientThatGets(away);
    const reason = new Error('enough');
    const enough = new AbortController();
    setTimeout(() => enough.abort(reason), 1);
    const call = client.jobs.get('j', { signal: enough.signal });
    await expect(Promise.all([call, vi.advanceTimersByTimeAsync(1)])).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });
});

describe('a failure', () => {
  it.each([
    ['a conflict, which only who has read again may repeat', 'conflict', 409, true, 1],
    ['what is wrong with the request', 'invalid_input', 400, false, 1],
    ['too many wrong tokens', 'rate_limited', 429, true, 5],
    ['a defect, where the server does not call it passing', 'internal', 500, false, 1],
  ])('that is %s', async (_, code, status, retryable, times) => {
    const { client, requests } = clientThatGets(
      ...Array.from({ length: 5 }, () => () => json({ code, status, retryable }, status)),
    );
    expect(await outcomeOf(client.jobs.get('j'))).toMatchObject({ code, status, retryable });
    expect(requests).toHaveLength(times);
  });

  it('of something between, whose page is no problem, is told, and passes or not by its status', async () => {
    const page =
      (status: number): Answer =>
      () =>
        new Response('<html>Bad gateway</html>', { status });
    const gateway = clientThatGets(page(502), () => json({ id: 'j' }));
    expect(await outcomeOf(gateway.client.jobs.get('j'))).toEqual({ id: 'j' });
    expect(await outcomeOf(clientThatGets(page(403)).client.jobs.get('j'))).toMatchObject({
      code: 'unexpected_answer',
      status: 403,
      retryable: false,
    });
    expect(await outcomeOf(clientThatGets(page(200)).client.jobs.get('j'))).toMatchObject({
      code: 'unexpected_answer',
      status: 200,
      message: expect.stringContaining('is there a Hodei server at http://server.test/hodei?'),
    });
  });

  it('that a stream tells, and that will not pass, ends it', async () => {
    const { client, requests } = clientThatGets(() =>
      events('event: problem\ndata: {"code":"not_found","status":404,"retryable":false}\n\n'),
    );
    expect(await outcomeOf(client.jobs.followOutput('j').next())).toMatchObject({ code: 'not_found', status: 404 });
    expect(requests).toHaveLength(1);
  });
});

describe('submissions whose answer is lost', () => {
  it('are repeated with their key, also those with a signal', async () => {
    const { client, requests } = clientThatGets(breaksOff, () => json({ id: 'j' }, 201));
    const { signal } = new AbortController();
    expect(await outcomeOf(client.jobs.submit({}, { signal }))).toEqual({ id: 'j' });
    const keys = requests.map(({ init }) => header(init, 'idempotency-key'));
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
  });

  it('are repeated as a whole where they were many, each with its key', async () => {
    const { client, requests } = clientThatGets(breaksOff, () => json({ items: [{ job: { id: 'a' } }, {}] }));
    expect(await outcomeOf(client.jobs.submitMany([{ name: 'a' }, { name: 'b' }]))).toEqual([{ job: { id: 'a' } }, {}]);
    const [first, second] = requests.map(({ init }) => init.body);
    expect(second).toBe(first);
    const { items } = JSON.parse(first as string) as { items: { idempotencyKey: string }[] };
    expect(new Set(items.map(({ idempotencyKey }) => idempotencyKey))).toHaveProperty('size', 2);
  });
});

describe('what was asked for', () => {
  it('of the output goes to the server, also when it is asked again', async () => {
    const { client, requests } = clientThatGets(
      () => events(output(1, 'a'), 'breaks'),
      () => events('event: end\ndata: {}\n\n'),
    );
    const follower = client.jobs.followOutput('j', { stream: 'stderr', since: '2026-01-01T00:00:00Z' });
    await follower.next();
    expect(await outcomeOf(follower.next())).toMatchObject({ done: true });
    for (const { url } of requests)
      expect(Object.fromEntries(url.searchParams)).toEqual({
        stream: 'stderr',
        since: '2026-01-01T00:00:00Z',
        follow: 'true',
      });
  });

  it.each([
    ['a wait', (client: HodeiClient, signal: AbortSignal) => client.jobs.wait('j', { signal })],
    ['the output', (client: HodeiClient, signal: AbortSignal) => client.jobs.output('j', { signal })],
    ['a cancellation', (client: HodeiClient, signal: AbortSignal) => client.jobs.cancel('j', { signal })],
    ['many submissions', (client: HodeiClient, signal: AbortSignal) => client.jobs.submitMany([{}], { signal })],
    ['a listing', (client: HodeiClient, signal: AbortSignal) => client.jobs.list({}, { signal })],
  ])('is given up with its signal: %s', async (_, call) => {
    const { signal } = new AbortController();
    const { client, requests } = clientThatGets(() => json({ state: 'succeeded', items: [] }));
    await call(client, signal);
    expect(requests[0]?.init.signal).toBe(signal);
  });

  it('to end a job by force is asked so', async () => {
    const { client, requests } = clientThatGets(
      () => json({}),
      () => json({}),
    );
    await client.jobs.cancel('j', { force: true, for: 'me' });
    await client.jobs.cancel('j');
    expect(requests.map(({ url }) => url.search)).toEqual(['?force=true&for=me', '']);
  });

  it('no more is hung up on: who leaves a stream does not keep it open', async () => {
    let isOpen = true;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(output(1, 'a'))),
      cancel: () => {
        isOpen = false;
      },
    });
    const { client } = clientThatGets(() => new Response(body));
    for await (const _ of client.jobs.followOutput('j')) break;
    expect(isOpen).toBe(false);
  });
});
