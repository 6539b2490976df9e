import { describe, expect, it } from 'vitest';
import { newJobId } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

export function waiting(bench: GetBench): void {
  describe('expireWaiting', () => {
    const expire = (at: number, limit = 10): Promise<number> => bench().peer.jobs.expireWaiting({ at, limit });

    it('ends what has waited too long for its first start, with its cause, and tells when that will be', async () => {
      const { jobs } = bench().repositories;
      const at = bench().tick();
      const { id } = await bench().pendingJob({ waitTimeoutMs: 5000 }, { at });
      const later = await bench().pendingJob({ waitTimeoutMs: 5000, notBefore: at + 1000 }, { at });
      const patient = await bench().pendingJob({}, { at });
      expect(await jobs.outlook(at + 1000)).toEqual({ isDue: true, next: at + 5000 });
      expect(await expire(at + 4999)).toBe(0);
      expect(await expire(at + 5000)).toBe(1);
      const outcome = { cause: 'wait_timeout', evidence: { message: 'it may wait 5000 ms for its start' } };
      expect(await jobs.get(id)).toMatchObject({ state: 'timed_out', finishedAt: at + 5000, outcome });
      expect(await jobs.outlook(at + 5000)).toEqual({ isDue: true, next: at + 6000 });
      expect(await expire(at + 6000)).toBe(1);
      expect(await jobs.get(later.id)).toMatchObject({ state: 'timed_out' });
      expect(await jobs.get(patient.id)).toEqual(patient);
      const events = await bench().repositories.history.list({ afterSeq: 0, limit: 100, jobId: id });
      expect(events.at(-1)).toMatchObject({ kind: 'job.timed_out', data: { cause: 'wait_timeout' } });
    });

    it('leaves alone what is claimed, or has begun before', async () => {
      const { jobs } = bench().repositories;
      const begun = await bench().launched({ spec: bench().newJob({ waitTimeoutMs: 1 }).spec });
      await bench().finish(begun, { cause: 'worker_lost', evidence: {} }, { state: 'pending', notBefore: 0 });
      const claimed = await bench().scheduledJob({ spec: bench().newJob({ waitTimeoutMs: 1 }).spec });
      expect(await expire(bench().tick() + 60_000)).toBe(0);
      expect(await jobs.get(begun.jobId)).toMatchObject({ state: 'pending' });
      expect(await jobs.get(claimed.id)).toMatchObject({ state: 'scheduled' });
    });

    it('ends each job once, however many do it at once, and no more than it is told to', async () => {
      const { repositories, peer } = bench();
      for (let i = 0; i < 9; i += 1) await bench().pendingJob({ waitTimeoutMs: 1 });
      const at = bench().tick() + 1000;
      expect(await repositories.jobs.expireWaiting({ at, limit: 2 })).toBe(2);
      const ended = await Promise.all(
        [repositories, peer, repositories].map(({ jobs }) => jobs.expireWaiting({ at, limit: 9 })),
      );
      expect(ended.reduce((sum, one) => sum + one, 0)).toBe(7);
    });
  });

  describe('countBefore', () => {
    it('counts the jobs of its queue whose turn is before its own', async () => {
      const { jobs } = bench().repositories;
      const [urgent] = [
        await bench().pendingJob({ priority: 3, tenant: 'a' }),
        await bench().pendingJob({ queue: 'other' }),
      ];
      await bench().pendingJob({ tenant: 'b' });
      const { id } = await bench().pendingJob();
      await bench().pendingJob();
      expect(await jobs.countBefore(id, 10)).toBe(2);
      expect(await jobs.countBefore(id, 1)).toBe(1);
      expect(await jobs.countBefore(urgent.id, 10)).toBe(0);
      expect(await jobs.countBefore((await bench().scheduledJob()).id, 10)).toBe(0);
      await refuses(jobs.countBefore(newJobId(), 1), 'not_found');
    });
  });

  describe('a refusal', () => {
    it('is kept while the job waits because of it', async () => {
      const { jobs } = bench().repositories;
      const { id } = await bench().scheduledJob();
      const refusal = { reason: 'no_capacity', message: 'full', at: bench().tick() } as const;
      const to = { state: 'pending', notBefore: 0, refusal } as const;
      expect(await jobs.release({ jobId: id, epoch: bench().owner, at: bench().tick(), to })).toMatchObject({
        refusal,
      });
      expect(await bench().peer.jobs.get(id)).toMatchObject({ refusal });
      const [claimed] = await jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      expect(claimed).not.toHaveProperty('refusal');
      const attempt = await bench().beginNext(id);
      await bench().finish(attempt, { cause: 'worker_lost', evidence: {} }, { state: 'pending', notBefore: 0 });
      expect(await jobs.get(id)).not.toHaveProperty('refusal');
    });
  });
}
