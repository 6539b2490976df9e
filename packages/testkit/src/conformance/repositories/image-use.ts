import { randomUUID } from 'node:crypto';
import { checkPoolInput, parseProviderId } from '@hodei/domain';
import { describe, expect, it } from 'vitest';
import { SUCCESS } from './bench.ts';
import type { GetBench } from './suite.ts';

export function imageUse(bench: GetBench): void {
  describe('find', () => {
    it('needs the images of jobs that have not ended, and of pools', async () => {
      const { repositories, owner } = bench();
      await bench().pendingJob({ image: 'waits' });
      await bench().pendingJob({ image: 'waits' });
      await bench().pendingJob({ image: 'claimed' }, { claimFor: owner });
      const ended = await bench().pendingJob({ image: 'ended' });
      await repositories.jobs.requestCancel({ jobId: ended.id, by: 'test', at: bench().tick() });
      const pool = checkPoolInput({ name: 'warm', template: { image: 'of-a-pool' } });
      await repositories.pools.put({ pool, version: 0, at: bench().tick() });
      const { id } = await bench().provider();
      expect([...(await repositories.images.find(id)).needed].toSorted()).toEqual(['claimed', 'of-a-pool', 'waits']);
    });

    it('knows when a worker of an image was last seen, on this provider', async () => {
      const { repositories } = bench();
      await bench().launched();
      const { workerId, id, jobId } = await bench().launched();
      const at = bench().tick();
      await repositories.attempts.finish({
        attemptId: id,
        epoch: bench().owner,
        outcome: SUCCESS,
        settlement: { state: 'succeeded' },
        phases: {},
        at,
      });
      const { providerId, stateChangedAt } = await repositories.workers.get(workerId);
      expect((await repositories.images.find(providerId)).lastUsed).toEqual(new Map([['busybox', stateChangedAt]]));
      expect((await repositories.images.find(parseProviderId(randomUUID()))).lastUsed).toEqual(new Map());
      expect((await repositories.jobs.get(jobId)).state).toBe('succeeded');
    });
  });
}
