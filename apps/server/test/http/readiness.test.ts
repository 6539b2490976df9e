import { HodeiError } from '@hodei/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** What is not well, and why. */
async function notWell(): Promise<readonly unknown[]> {
  const answer = await api.app.inject('/readyz');
  const { ready, checks } = answer.json<{ ready: boolean; checks: { name: string; ok: boolean; reason?: string }[] }>();
  const wrong = checks.filter(({ ok }) => !ok).map(({ name, reason }) => [name, reason]);
  expect([answer.statusCode, ready]).toEqual(wrong.length === 0 ? [200, true] : [503, false]);
  return wrong;
}

it('is told while its database is away, without what only its log is to tell', async () => {
  const error = new HodeiError('database_unavailable', 'connect ECONNREFUSED 10.0.0.7');
  api.plane.faults.add({ call: 'instances.listLive', kind: 'fail', error });
  expect(await notWell()).toEqual([['database', 'database_unavailable']]);
  expect(await notWell()).toEqual([]);
});

it('is told in time by a server whose database hangs', async () => {
  const { clock } = api.plane.context;
  const sleep = clock.sleep.bind(clock);
  // What a check may take is over at once.
  Object.assign(clock, { sleep: (ms: number, signal?: AbortSignal) => sleep(ms === 2000 ? 1 : ms, signal) });
  api.plane.faults.add({ call: 'instances.listLive', kind: 'hang' });
  expect(await notWell()).toContainEqual(['database', 'no answer in time']);
  Object.assign(clock, { sleep });
});

it('takes a provider that is healthy and active', async () => {
  const patch = (mode: string) => api.app.inject({ method: 'PATCH', url: '/v1/providers/memory', payload: { mode } });
  for (const mode of ['disabled', 'maintenance']) {
    expect((await patch(mode)).statusCode).toBe(200);
    expect(await notWell()).toEqual([['provider', 'no provider is healthy and active']]);
  }
  await patch('active');
  expect(await notWell()).toEqual([]);
});
