import { describe, expect, it } from 'vitest';
import { FAILURE, newJobId, SUCCESS } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

export function cancel(bench: GetBench): void {
  describe('requestCancel', () => {
    it('ends a pending job at once, and says who asked', async () => {
      const { id } = await bench().pendingJob();
      const at = bench().tick();
      const job = await bench().repositories.jobs.requestCancel({ jobId: id, by: 'ada', at });
      expect(job).toMatchObject({
        state: 'cancelled',
        finishedAt: at,
        stateChangedAt: at,
        cancelRequest: {
          at,
          by: 'ada',
        },
        outcome: {
          cause: 'cancelled',
          evidence: { by: 'ada' },
        },
      });
      expect(await bench().peer.jobs.get(id)).toEqual(job);
    });

    it('is recorded for a scheduled or running job, whose owner has to act', async () => {
      const scheduled = await bench().scheduledJob();
      const running = await bench().repositories.jobs.get((await bench().launched()).jobId);
      for (const before of [scheduled, running]) {
        const at = bench().tick();
        const job = await bench().peer.jobs.requestCancel({ jobId: before.id, by: 'ada', at });
        expect(job).toEqual({ ...before, cancelRequest: { at, by: 'ada' } });
      }
    });

    it('stands as it was asked first', async () => {
      const scheduled = await bench().scheduledJob();
      const first = await bench().cancel(scheduled.id, 'ada');
      expect(await bench().cancel(scheduled.id, 'bob')).toEqual(first);
      const pending = await bench().pendingJob();
      const cancelled = await bench().cancel(pending.id, 'ada');
      expect(await bench().cancel(pending.id, 'bob')).toEqual(cancelled);
    });

    it('may be forced later, and stands as it was asked first', async () => {
      const scheduled = await bench().scheduledJob();
      const { jobs } = bench().repositories;
      const { cancelRequest } = await bench().cancel(scheduled.id, 'ada');
      const forced = await jobs.requestCancel({ jobId: scheduled.id, by: 'bob', at: bench().tick(), force: true });
      expect(forced.cancelRequest).toEqual({ ...cancelRequest, force: true });
      expect(await bench().cancel(scheduled.id, 'eve')).toEqual(forced);
      expect(await bench().peer.jobs.get(scheduled.id)).toEqual(forced);
    });

    it('leaves a job that has ended as it is', async () => {
      const ended = await bench().ended('succeeded');
      expect(await bench().cancel(ended.id)).toEqual(ended);
    });

    it('knows no other id', async () => {
      await refuses(bench().cancel(newJobId()), 'not_found');
    });

    it('has one winner against a claim', async () => {
      const { repositories, owner } = bench();
      for (let round = 0; round < 8; round += 1) {
        const { id } = await bench().pendingJob();
        const [claimed] = await Promise.all([
          repositories.jobs.claimPending({ epoch: owner, limit: 1, at: bench().tick(), only: [id] }),
          bench().cancel(id),
        ]);
        const job = await repositories.jobs.get(id);
        expect(job.cancelRequest).toBeDefined();
        expect(job.state).toBe(claimed.length === 1 ? 'scheduled' : 'cancelled');
      }
    });

    it('has one winner against the end of the job', async () => {
      for (let round = 0; round < 8; round += 1) {
        const attempt = await bench().launched();
        const [finished] = await Promise.all([
          bench().finish(attempt, SUCCESS, { state: 'succeeded' }),
          bench().cancel(attempt.jobId),
        ]);
        expect(await bench().repositories.jobs.get(attempt.jobId)).toEqual(finished);
      }
    });

    it('never lets a job wait for another attempt once it is asked for', async () => {
      for (let round = 0; round < 8; round += 1) {
        const attempt = await bench().launched();
        const [finished] = await Promise.allSettled([
          bench().finish(attempt, FAILURE, { state: 'pending', notBefore: 0 }),
          bench().cancel(attempt.jobId),
        ]);
        const job = await bench().repositories.jobs.get(attempt.jobId);
        expect(job.cancelRequest).toBeDefined();
        expect(job.state).toBe(finished.status === 'fulfilled' ? 'cancelled' : 'running');
        if (finished.status === 'rejected') expect(finished.reason).toMatchObject({ code: 'conflict' });
      }
    });
  });
}
