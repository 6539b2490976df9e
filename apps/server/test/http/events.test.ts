import { createToken, submitJob, waitForJob } from '@hodei/application';
import type { HistoryEvent } from '@hodei/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;
let ids: readonly string[];
let all: readonly HistoryEvent[];

beforeAll(async () => {
  api = await startMemoryApi();
  const { context, runner } = api.plane;
  const jobs = await Promise.all(['red', 'blue'].map((tenant) => submitJob(context, { command: ['true'], tenant })));
  ids = jobs.map(({ id }) => id);
  for (const { id } of jobs) await waitForJob(context, id);
  await runner.idle();
  all = await context.repositories.history.list({ afterSeq: 0, limit: 1000 });
});
afterAll(() => api[Symbol.asyncDispose]());

/** The numbers of the first so many events that a stream tells. */
async function told(query: string, count: number, headers: Readonly<Record<string, string>> = {}) {
  const answer = await api.app.inject({ url: `/v1/events?${query}`, headers, payloadAsStream: true });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
  const seen: number[] = [];
  for await (const piece of answer.stream()) {
    for (const [, data = ''] of String(piece).matchAll(/^event: history\ndata: (.*)$/gm))
      seen.push((JSON.parse(data) as HistoryEvent).seq);
    if (seen.length >= count) return seen;
  }
  throw new Error('the stream has ended');
}
const numbers = (events: readonly HistoryEvent[]): readonly number[] => events.map(({ seq }) => seq);

it.each(['jobId', 'workerId', 'providerId'] as const)('are all of it, or those with one %s', async (name) => {
  expect(await told('after=0', all.length)).toEqual(numbers(all));
  const id = all.find((event) => event[name] !== undefined)?.[name];
  const wanted = all.filter((event) => event[name] === id);
  expect(wanted.length).toBeLessThan(all.length);
  expect(await told(`after=0&${name}=${id}`, wanted.length)).toEqual(numbers(wanted));
});

it('go on after the header Last-Event-ID, also where the address says something else', async () => {
  const headers = { 'last-event-id': String(all[2]?.seq) };
  expect(await told('after=0', all.length - 3, headers)).toEqual(numbers(all.slice(3)));
});

it("of one of its jobs are all that a tenant's token sees", async () => {
  const { text } = await createToken(api.plane.context, { name: 'x', scopes: ['read'], tenant: 'red' }, 'a test');
  const headers = { authorization: `Bearer ${text}` };
  const wanted = all.filter(({ jobId }) => jobId === ids[0]);
  expect(await told(`after=0&jobId=${ids[0]}`, wanted.length, headers)).toEqual(numbers(wanted));
  const ask = async (query: string) => (await api.app.inject({ url: `/v1/events${query}`, headers })).statusCode;
  expect(await ask('')).toBe(403);
  expect(await ask(`?jobId=${ids[1]}`)).toBe(404);
  expect(await ask(`?workerId=${all.find(({ workerId }) => workerId !== undefined)?.workerId}`)).toBe(403);
});
