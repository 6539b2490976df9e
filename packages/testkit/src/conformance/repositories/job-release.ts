import { describe, expect, it } from 'vitest';
import type { Epoch, Job, JobId, JobRepository } from '@hodei/domain';
import { LOST, newJobId } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

type To = Parameters<JobRepository['release']>[0]['to'];

const GIVE_UP: To = {
  state: 'failed',
  outcome: { cause: 'provider_unavailable', evidence: { message: 'no one there' } },
};

export function release(bench: GetBench): void {
  const releaseTo = (jobId: JobId, to: To, epoch: Epoch = bench().owner): Promise<Job> =>
    bench().repositories.jobs.release({ jobId, epoch, at: bench().tick(), to });
  const again = (): To => ({ state: 'pending', notBefore: bench().tick() });

  describe('release', () => {
    it('gives a scheduled job back, owned by nobody, to be claimed again', async () => {
      const job = await bench().scheduledJob();
      const released = await releaseTo(job.id, { state: 'pending', notBefore: 1_900_000_000_001 });
      expect(released).toMatchObject({ state: 'pending', notBefore: 1_900_000_000_001, createdAt: job.createdAt });
      expect(released).not.toHaveProperty('epoch');
      expect(await bench().peer.jobs.get(job.id)).toEqual(released);
    });

    it.each([
      ['failed', 'provider_unavailable'],
      ['cancelled', 'cancelled'],
      ['timed_out', 'timed_out'],
    ] as const)('ends a scheduled job as %s, with its outcome', async (state, cause) => {
      const { id } = await bench().scheduledJob();
      const outcome = { cause, evidence: { by: 'me', message: 'why' } };
      const ended = await releaseTo(id, { state, outcome });
      expect(ended).toMatchObject({ state, outcome, finishedAt: ended.stateChangedAt });
      expect(ended).not.toHaveProperty('epoch');
    });

    it('is refused to who does not own the job, and changes nothing', async () => {
      const job = await bench().scheduledJob();
      await refuses(releaseTo(job.id, again(), bench().stranger), 'stale_epoch');
      await refuses(releaseTo(job.id, GIVE_UP, bench().stranger), 'stale_epoch');
      expect(await bench().repositories.jobs.get(job.id)).toEqual(job);
    });

    it('is refused where the job is not scheduled', async () => {
      const pending = await bench().pendingJob();
      const running = await bench().launched();
      const ended = await bench().ended('succeeded');
      for (const id of [pending.id, running.jobId, ended.id]) {
        await refuses(releaseTo(id, again()), 'conflict');
        await refuses(releaseTo(id, GIVE_UP), 'conflict');
      }
    });

    it('is refused while an attempt has no outcome: that has to be finished', async () => {
      const attempt = await bench().begun();
      await refuses(releaseTo(attempt.jobId, again()), 'conflict');
      await refuses(releaseTo(attempt.jobId, GIVE_UP), 'conflict');
    });

    it('does not make a job wait again that is to be cancelled, but ends it', async () => {
      const { id } = await bench().scheduledJob();
      await bench().cancel(id);
      await refuses(releaseTo(id, again()), 'conflict');
      expect(
        await releaseTo(id, { state: 'cancelled', outcome: { cause: 'cancelled', evidence: { by: 'someone' } } }),
      ).toMatchObject({
        state: 'cancelled',
      });
    });

    it('knows no other id', async () => {
      await refuses(releaseTo(newJobId(), again()), 'not_found');
    });

    it('never races a cancellation into a job that waits and is to be cancelled', async () => {
      for (let round = 0; round < 8; round += 1) {
        const { id } = await bench().scheduledJob();
        await Promise.allSettled([releaseTo(id, again()), bench().cancel(id)]);
        const job = await bench().repositories.jobs.get(id);
        expect(job.cancelRequest).toBeDefined();
        expect(['cancelled', 'scheduled']).toContain(job.state);
      }
    });
  });

  describe('an ended job', () => {
    it.each(['succeeded', 'failed', 'cancelled', 'timed_out'] as const)('that is %s stays so', async (state) => {
      const ended = await bench().ended(state);
      const [attempt] = await bench().repositories.attempts.listByJob(ended.id);
      await refuses(releaseTo(ended.id, again()), 'conflict');
      await refuses(bench().beginNext(ended.id), 'conflict');
      if (attempt === undefined) throw new Error('the job has no attempt');
      await refuses(bench().finish(attempt, LOST, { state: 'pending', notBefore: 0 }), 'conflict');
      await refuses(bench().markLaunched(attempt), 'conflict');
      await bench().repositories.jobs.claimPending({
        epoch: bench().owner,
        limit: 10,
        at: bench().tick(),
        only: [ended.id],
      });
      await bench().cancel(ended.id);
      expect(await bench().repositories.jobs.get(ended.id)).toEqual(ended);
    });
  });
}
