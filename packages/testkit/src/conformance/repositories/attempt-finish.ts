import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAttemptId, type Outcome } from '@hodei/domain';
import { FAILURE, LOST, SUCCESS } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

const RETRY = { state: 'pending', notBefore: 1_900_000_000_123 } as const;

export function finish(bench: GetBench): void {
  describe('finish', () => {
    it.each(['succeeded', 'failed', 'cancelled', 'timed_out'] as const)(
      'ends the job as %s, with the outcome of its attempt',
      async (state) => {
        const attempt = await bench().launched();
        const at = bench().tick();
        const outcome: Outcome = {
          cause: 'signalled',
          evidence: {
            exitCode: 137,
            signal: 'SIGKILL',
            oomKilled: false,
            code: 'internal',
            message: 'NUL \u0000, \ud800 and \u{1F600}',
            by: 'me',
          },
        };
        const { owner: epoch, repositories, peer } = bench();
        const job = await repositories.attempts.finish({
          attemptId: attempt.id,
          epoch,
          outcome,
          settlement: { state },
          phases: { ended: at },
          at,
        });
        expect(job).toMatchObject({ state, outcome, finishedAt: at, stateChangedAt: at });
        expect(job).not.toHaveProperty('epoch');
        expect(await peer.jobs.get(job.id)).toEqual(job);
        expect(await peer.attempts.get(attempt.id)).toEqual({
          ...attempt,
          outcome,
          phases: { ...attempt.phases, ended: at },
        });
        expect(await peer.workers.get(attempt.workerId)).toMatchObject({
          state: 'terminating',
          stateChangedAt: at,
          termination: outcome,
        });
      },
    );

    it('lets the job wait for another attempt, owned by nobody', async () => {
      const attempt = await bench().launched();
      const before = await bench().repositories.jobs.get(attempt.jobId);
      const job = await bench().finish(attempt, LOST, RETRY);
      const { epoch, ...rest } = before;
      expect(epoch).toBe(bench().owner);
      expect(job).toEqual({
        ...rest,
        state: 'pending',
        notBefore: RETRY.notBefore,
        stateChangedAt: job.stateChangedAt,
      });
    });

    it('ends an attempt that was never launched', async () => {
      const attempt = await bench().begun();
      expect(
        await bench().finish(attempt, { cause: 'image_not_found', evidence: {} }, { state: 'failed' }),
      ).toMatchObject({ state: 'failed' });
      const next = await bench().readied();
      expect(await bench().finish(next, { cause: 'never_launched', evidence: {} }, RETRY)).toMatchObject({
        state: 'pending',
      });
    });

    it('is refused where the job cannot end so, and changes nothing', async () => {
      const attempt = await bench().readied();
      await refuses(bench().finish(attempt, SUCCESS, { state: 'succeeded' }), 'conflict');
      expect(await bench().repositories.attempts.get(attempt.id)).toEqual(attempt);
      expect(await bench().repositories.workers.get(attempt.workerId)).toMatchObject({ state: 'ready' });
    });

    it('writes one outcome an attempt: the first stands', async () => {
      const attempt = await bench().launched();
      const job = await bench().finish(attempt, FAILURE, { state: 'failed' });
      await refuses(bench().finish(attempt, SUCCESS, { state: 'succeeded' }), 'conflict');
      await refuses(bench().finish(attempt, LOST, RETRY), 'conflict');
      expect((await bench().repositories.attempts.get(attempt.id)).outcome).toEqual(FAILURE);
      expect(await bench().repositories.jobs.get(job.id)).toEqual(job);
    });

    it('writes one outcome where many come at the same time', async () => {
      const attempt = await bench().launched();
      const { won, refused } = await compete([
        bench().finish(attempt, FAILURE, { state: 'failed' }),
        bench().finish(attempt, SUCCESS, { state: 'succeeded' }),
        bench().finish(attempt, LOST, RETRY),
        bench().finish(attempt, { cause: 'timed_out', evidence: {} }, { state: 'timed_out' }),
      ]);
      expect([won, refused]).toEqual([1, ['conflict', 'conflict', 'conflict']]);
      const { outcome } = await bench().repositories.attempts.get(attempt.id);
      const job = await bench().repositories.jobs.get(attempt.jobId);
      if (job.state === 'pending') expect(outcome).toEqual(LOST);
      else expect(outcome).toEqual(job.outcome);
    });

    it('is refused to who does not own the attempt, and changes nothing', async () => {
      const attempt = await bench().launched();
      await refuses(bench().finish(attempt, FAILURE, { state: 'failed' }, bench().stranger), 'stale_epoch');
      expect(await bench().repositories.attempts.get(attempt.id)).toEqual(attempt);
      expect(await bench().repositories.jobs.get(attempt.jobId)).toMatchObject({ state: 'running' });
    });

    it('does not let a job wait again that is to be cancelled, but ends it', async () => {
      const attempt = await bench().launched();
      await bench().cancel(attempt.jobId, 'ada');
      await refuses(bench().finish(attempt, FAILURE, RETRY), 'conflict');
      expect(await bench().finish(attempt, FAILURE, { state: 'cancelled' })).toMatchObject({
        state: 'cancelled',
        outcome: FAILURE,
        cancelRequest: { by: 'ada' },
      });
    });

    it.each(['terminating', 'terminated'] as const)('leaves a worker that is %s as it is', async (state) => {
      const attempt = await bench().begun();
      const worker = await bench().bring(attempt, state);
      await bench().finish(attempt, LOST, { state: 'failed' });
      const { state: after, stateChangedAt } = await bench().repositories.workers.get(worker.id);
      expect([after, stateChangedAt]).toEqual([worker.state, worker.stateChangedAt]);
    });

    it('leaves a worker the first reason for its end that was given', async () => {
      const attempt = await bench().readied();
      const drain = {
        workerId: attempt.workerId,
        epoch: bench().owner,
        from: 'ready',
        to: 'draining',
        at: bench().tick(),
      } as const;
      await bench().repositories.workers.transition({ ...drain, termination: LOST });
      await bench().finish(attempt, FAILURE, { state: 'failed' });
      expect(await bench().repositories.workers.get(attempt.workerId)).toMatchObject({
        state: 'terminating',
        termination: LOST,
      });
    });

    it('knows no other id', async () => {
      const attempt = await bench().begun();
      await refuses(bench().finish({ ...attempt, id: parseAttemptId(randomUUID()) }, LOST, RETRY), 'not_found');
    });
  });
}
