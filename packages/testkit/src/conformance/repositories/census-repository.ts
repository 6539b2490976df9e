import { describe, expect, it } from 'vitest';
import type { Census, JobRefusal } from '@hodei/domain';
import { LOST } from './bench.ts';
import type { GetBench } from './suite.ts';

/** The same order for both. */
const sorted = (counts: readonly object[]): readonly string[] =>
  counts.map((count) => JSON.stringify(Object.entries(count).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();

const same = (given: readonly object[], expected: readonly object[]): void =>
  expect(sorted(given)).toEqual(sorted(expected));

export function census(bench: GetBench): void {
  const take = (): Promise<Census> => bench().peer.census.take(bench().tick());
  const refuse = async (reason: JobRefusal['reason'], notBefore?: number): Promise<void> => {
    const { id } = await bench().scheduledJob();
    const at = bench().tick();
    const to = { state: 'pending', notBefore: notBefore ?? at, refusal: { reason, message: 'no', at } } as const;
    await bench().repositories.jobs.release({ jobId: id, epoch: bench().owner, at, to });
  };

  describe('take', () => {
    it('counts nothing where nothing lives but instances', async () => {
      await bench().ended('succeeded');
      const ended = await bench().begun();
      await bench().finish(ended, LOST, { state: 'failed' });
      await bench()
        .bring(ended, 'terminated')
        .catch(() => undefined);
      const { workers, ...rest } = await take();
      expect(rest).toEqual({ waiting: [], inFlight: [], instances: 2 });
      expect(workers.every(({ state }) => state === 'terminating')).toBe(true);
    });

    it('tells jobs by what they wait for', async () => {
      const { queues } = bench().repositories;
      const at = bench().tick();
      await queues.put({ name: 'paused', paused: true, weight: 1 }, at);
      await queues.put({ name: 'full', paused: false, weight: 1, maxInFlight: 1 }, at);
      await queues.put({ name: 'open', paused: false, weight: 1, maxInFlight: 9 }, at);
      await queues.putLimit({ key: 'few', maxInFlight: 1 }, at);
      await queues.putLimit({ key: 'many', maxInFlight: 9 }, at);
      const first = await bench().pendingJob();
      await bench().pendingJob({ queue: 'paused' });
      for (const _ of [1, 2]) await bench().pendingJob({ queue: 'full' });
      for (const _ of [1, 2]) await bench().pendingJob({ concurrencyKey: 'few', queue: 'open' });
      const claimed = await bench().repositories.jobs.claimPending({
        epoch: bench().owner,
        limit: 50,
        at: bench().tick(),
      });
      expect(claimed).toHaveLength(3);
      const waits = await bench().pendingJob({ queue: 'unheard-of' });
      await bench().pendingJob({ concurrencyKey: 'many' });
      await bench().pendingJob({ notBefore: bench().tick() + 1e6 }, {});
      const retried = await bench().begun();
      await bench().finish(retried, LOST, { state: 'pending', notBefore: bench().tick() + 1e6 });
      await refuse('no_capacity', bench().tick() + 1e6);
      await refuse('no_provider');
      await refuse('provider_unhealthy');

      const told = await take();
      same(told.waiting, [
        { queue: 'default', waitsFor: 'turn', jobs: 1 },
        { waitsFor: 'turn', jobs: 1 },
        { queue: 'paused', waitsFor: 'queue_paused', jobs: 1 },
        { queue: 'full', waitsFor: 'queue_limit', jobs: 1 },
        { queue: 'open', waitsFor: 'key_limit', jobs: 1 },
        { queue: 'default', waitsFor: 'not_before', jobs: 1 },
        { queue: 'default', waitsFor: 'retry_backoff', jobs: 1 },
        { queue: 'default', waitsFor: 'no_capacity', jobs: 1 },
        { queue: 'default', waitsFor: 'no_provider', jobs: 1 },
        { queue: 'default', waitsFor: 'provider_unhealthy', jobs: 1 },
      ]);
      same(told.inFlight, [
        { queue: 'default', state: 'scheduled', jobs: 1 },
        { queue: 'full', state: 'scheduled', jobs: 1 },
        { queue: 'open', state: 'scheduled', jobs: 1 },
      ]);
      expect(claimed.map(({ id }) => id)).toContain(first.id);
      expect(told.oldestWaitingSince).toBeLessThan(waits.createdAt);
    });

    it('says of all that every one of them waits for the limit of the installation, or for an instance', async () => {
      const { queues, instances } = bench().repositories;
      await bench().launched();
      await bench().pendingJob();
      await queues.putLimit({ key: '*', maxInFlight: 1 }, bench().tick());
      expect((await take()).waiting).toEqual([{ queue: 'default', waitsFor: 'key_limit', jobs: 1 }]);
      await queues.deleteLimit('*', bench().tick());
      await instances.release(bench().owner);
      await instances.release(bench().stranger);
      expect(await take()).toMatchObject({
        waiting: [{ queue: 'default', waitsFor: 'no_instance', jobs: 1 }],
        inFlight: [{ queue: 'default', state: 'running', jobs: 1 }],
        instances: 0,
      });
    });

    it('says since when the longest waits, counted from when its time has come', async () => {
      await bench().pendingJob({ notBefore: bench().tick() + 1e6 });
      expect(await take()).not.toHaveProperty('oldestWaitingSince');
      const notBefore = bench().tick() + 2;
      await bench().pendingJob({ notBefore });
      await bench().pendingJob();
      bench().tick();
      expect(await take()).toMatchObject({ oldestWaitingSince: notBefore });
    });

    it('tells workers by provider, pool and state, and which are idle', async () => {
      const { id: providerId } = await bench().provider();
      await bench().begun();
      await bench().launched();
      for (const _ of [1, 2]) await bench().waiting();
      await bench().placed();
      await bench().bring(await bench().begun(), 'terminated');
      same((await take()).workers, [
        { providerId, state: 'creating', workers: 1, idle: 0 },
        { providerId, state: 'busy', workers: 1, idle: 0 },
        { providerId, pool: 'warm', state: 'ready', workers: 2, idle: 2 },
        { providerId, pool: 'warm', state: 'busy', workers: 1, idle: 0 },
      ]);
    });
  });
}
