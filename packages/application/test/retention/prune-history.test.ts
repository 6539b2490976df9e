import { expect, it } from 'vitest';

import { pruneHistory } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

it('forgets jobs when they are old enough, batch by batch, also where the database was away', async () => {
  await using plane = await startControlPlane();
  const { context, clock, databaseFaults } = plane;
  for (let count = 0; count < 60; count += 1) await plane.run({ command: ['echo', 'x'] });
  const over = new AbortController();
  const retentionMs = 3_600_000;
  const pruning = pruneHistory(context, retentionMs, over.signal);
  const left = async (): Promise<number> => (await context.repositories.jobs.list({ limit: 200 })).items.length;
  await clock.advance(retentionMs - 600_000);
  expect(await left()).toBe(60);
  databaseFaults.add({ call: 'retention.prune', kind: 'loseAnswer' });
  await clock.advance(1_800_000);
  expect(await left()).toBe(0);
  expect((await context.repositories.workers.list({ limit: 10 })).items).toEqual([]);
  over.abort();
  await plane.until(pruning);
});

it('looks once at its end where it is over before its first look: for programs that never run for long', async () => {
  await using plane = await startControlPlane();
  const { context, clock } = plane;
  await plane.run({ command: ['true'] });
  await clock.advance(2000);
  const left = async (): Promise<number> => (await context.repositories.jobs.list({ limit: 200 })).items.length;
  const over = new AbortController();
  const pruning = pruneHistory(context, 1000, over.signal, { firstLookAfterMs: 5000 });
  await clock.advance(4000);
  expect(await left()).toBe(1);
  over.abort();
  await plane.until(pruning);
  expect(await left()).toBe(0);
});
