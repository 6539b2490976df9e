import { describe, expect, it } from 'vitest';
import { refuses, type GetBench } from './suite.ts';

export function queues(bench: GetBench): void {
  describe('put, setPaused, get, list and delete', () => {
    it('give back what was stored, and defaults for what was not', async () => {
      const { queues: repository } = bench().repositories;
      const queue = { name: 'batch', paused: false, weight: 7, maxInFlight: 3 };
      expect(await repository.put(queue, bench().tick())).toEqual(queue);
      expect(await bench().peer.queues.get('batch')).toEqual(queue);
      const { maxInFlight: _, ...unlimited } = { ...queue, weight: 2 };
      expect(await repository.put(unlimited, bench().tick())).toEqual(unlimited);
      expect(await repository.get('batch')).toEqual(unlimited);
      expect(await repository.get('unheard-of')).toEqual({ name: 'unheard-of', paused: false, weight: 1 });
    });

    it('pause and resume, and leave the rest as it is', async () => {
      const { queues: repository } = bench().repositories;
      const queue = { name: 'batch', paused: false, weight: 7, maxInFlight: 3 };
      await repository.put(queue, bench().tick());
      const pause = (name: string, paused: boolean) => repository.setPaused({ name, paused, at: bench().tick() });
      expect(await pause('batch', true)).toEqual({ ...queue, paused: true });
      expect(await pause('batch', true)).toEqual({ ...queue, paused: true });
      expect(await pause('batch', false)).toEqual(queue);
      expect(await pause('new', true)).toEqual({ name: 'new', paused: true, weight: 1 });
    });

    it('list what is configured or has live jobs, by name, with derived counts', async () => {
      const { queues: repository } = bench().repositories;
      await repository.put({ name: 'b', paused: true, weight: 2 }, bench().tick());
      await bench().pendingJob({ queue: 'c' });
      await bench().pendingJob({ queue: 'a' });
      await bench().scheduledJob();
      await bench().ended('succeeded');
      await bench().launched();
      expect(await repository.list()).toEqual([
        { name: 'a', paused: false, weight: 1, pending: 1, inFlight: 0 },
        { name: 'b', paused: true, weight: 2, pending: 0, inFlight: 0 },
        { name: 'c', paused: false, weight: 1, pending: 1, inFlight: 0 },
        { name: 'default', paused: false, weight: 1, pending: 0, inFlight: 2 },
      ]);
    });

    it('forget how a queue was configured', async () => {
      const { queues: repository } = bench().repositories;
      await repository.setPaused({ name: 'batch', paused: true, at: bench().tick() });
      await repository.delete('batch', bench().tick());
      expect(await repository.get('batch')).toMatchObject({ paused: false });
      await refuses(repository.delete('batch', bench().tick()), 'not_found');
    });
  });

  describe('putLimit, listLimits, deleteLimit and countInFlight', () => {
    it('keep limits by key and count from the rows', async () => {
      const { queues: repository, jobs } = bench().repositories;
      for (const key of ['a', 'a', 'b']) {
        await jobs.insert(bench().newJob({ concurrencyKey: key, queue: 'q' }, { claimFor: bench().owner }));
      }
      await bench().pendingJob({ concurrencyKey: 'a' });
      await bench().scheduledJob();
      await repository.putLimit({ key: 'a', maxInFlight: 1 }, bench().tick());
      await repository.putLimit({ key: 'a', maxInFlight: 4 }, bench().tick());
      await repository.putLimit({ key: '*', maxInFlight: 9 }, bench().tick());
      expect(await bench().peer.queues.listLimits()).toEqual([
        { key: '*', maxInFlight: 9, inFlight: 4 },
        { key: 'a', maxInFlight: 4, inFlight: 2 },
      ]);
      expect(await repository.countInFlight({ queue: 'q', key: 'b' })).toEqual({ all: 4, inQueue: 3, withKey: 1 });
      expect(await repository.countInFlight({ queue: 'other' })).toEqual({ all: 4, inQueue: 0, withKey: 0 });
      await repository.deleteLimit('a', bench().tick());
      await refuses(repository.deleteLimit('a', bench().tick()), 'not_found');
      expect((await repository.listLimits()).map(({ key }) => key)).toEqual(['*']);
    });
  });
}
