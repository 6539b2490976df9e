import { describe, expect, it } from 'vitest';
import type { Attempt, Job, Outcome, Settlement } from '@hodei/domain';
import { FAILURE, LOST, SUCCESS } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function finishWithLaunch(bench: GetBench): void {
  const WARNINGS = ['w \u0000'];

  const finish = (attempt: Attempt, outcome: Outcome, settlement: Settlement, reuse = false): Promise<Job> => {
    const { owner: epoch, repositories } = bench();
    const [launched, at] = [bench().tick(), bench().tick()];
    return repositories.attempts.finish({
      attemptId: attempt.id,
      epoch,
      launch: { warnings: WARNINGS, at: launched },
      outcome,
      settlement,
      phases: { launched, ended: at },
      reuse,
      at,
    });
  };
  const told = async ({ jobId }: Attempt): Promise<readonly (readonly [string, number])[]> =>
    (await bench().repositories.history.list({ jobId, afterSeq: 0, limit: 100 })).map(({ kind, at }) => [kind, at]);

  describe('finish with a launch', () => {
    it.each(['succeeded', 'failed', 'cancelled', 'timed_out'] as const)(
      'records that the job ran, and that it ended as %s',
      async (state) => {
        const attempt = await bench().readied();
        const before = await told(attempt);
        const job = await finish(attempt, state === 'succeeded' ? SUCCESS : FAILURE, { state });
        const { startedAt, finishedAt } = job;
        expect(job).toMatchObject({ state, startedAt: expect.any(Number) as number, stateChangedAt: finishedAt });
        expect(await bench().peer.jobs.get(job.id)).toEqual(job);
        expect(await bench().peer.attempts.get(attempt.id)).toEqual({
          ...attempt,
          outcome: job.outcome,
          phases: { ...attempt.phases, launched: startedAt, ended: finishedAt },
          warnings: WARNINGS,
        });
        expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({
          state: 'terminating',
          stateChangedAt: finishedAt,
          termination: job.outcome,
        });
        expect((await told(attempt)).slice(before.length)).toEqual([
          ['job.running', startedAt],
          ['worker.busy', startedAt],
          ['worker.terminating', finishedAt],
          [`job.${state}`, finishedAt],
        ]);
      },
    );

    it('lets the job wait for another attempt, and keeps when it first ran', async () => {
      const first = await bench().readied();
      const waiting = await finish(first, LOST, { state: 'pending', notBefore: 0 });
      expect(waiting).toMatchObject({ state: 'pending' });
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      const second = await bench().beginNext(first.jobId);
      await bench().markReady(second);
      expect(await finish(second, SUCCESS, { state: 'succeeded' })).toMatchObject({ startedAt: waiting.startedAt });
    });

    it('lets a worker of a pool wait again, which was busy before', async () => {
      const attempt = await bench().placed();
      const before = await told(attempt);
      await finish(attempt, SUCCESS, { state: 'succeeded' }, true);
      expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({ state: 'ready' });
      const kinds = (await told(attempt)).slice(before.length).map(([kind]) => kind);
      expect(kinds.filter((kind) => kind !== 'worker.ready')).toEqual(['job.running', 'job.succeeded']);
    });

    it.each(['draining', 'terminating'] as const)('does not make a worker busy that is %s', async (state) => {
      const attempt = await bench().readied();
      const worker = await bench().repositories.workers.get(attempt.workerId);
      await bench().moveWorker(worker, state);
      expect(await finish(attempt, SUCCESS, { state: 'succeeded' })).toMatchObject({ state: 'succeeded' });
      expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({ state: 'terminating' });
      expect((await told(attempt)).map(([kind]) => kind)).not.toContain('worker.busy');
    });

    it('is refused where the job runs already, and changes nothing', async () => {
      const attempt = await bench().launched();
      const before = await told(attempt);
      await refuses(finish(attempt, SUCCESS, { state: 'succeeded' }), 'conflict');
      expect(await bench().repositories.jobs.get(attempt.jobId)).toMatchObject({ state: 'running' });
      expect(await told(attempt)).toEqual(before);
    });

    it('counts once beside the record of the launch, and neither undoes the other', async () => {
      const attempt = await bench().readied();
      const { won, refused } = await compete([
        finish(attempt, SUCCESS, { state: 'succeeded' }),
        finish(attempt, FAILURE, { state: 'failed' }),
        bench().markLaunched(attempt),
      ]);
      expect(won + refused.length).toBe(3);
      expect(won).toBe(1);
      const kinds = (await told(attempt)).map(([kind]) => kind);
      expect(kinds.filter((kind) => kind === 'job.running')).toHaveLength(1);
    });
  });
}
