import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAttemptId, type Attempt } from '@hodei/domain';
import { FAILURE, LOST } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function markLaunched(bench: GetBench): void {
  /** Runs a call that must be refused, and sees that all rows are as before. */
  const changesNothing = async (attempt: Attempt, call: () => Promise<void>): Promise<void> => {
    const { attempts, jobs, workers, history } = bench().repositories;
    const look = async (): Promise<unknown> => [
      await attempts.get(attempt.id),
      await jobs.get(attempt.jobId),
      await workers.get(attempt.workerId),
      await history.list({ afterSeq: 0, limit: 1000 }),
    ];
    const before = await look();
    await call();
    expect(await look()).toEqual(before);
  };

  describe('markLaunched', () => {
    it('makes the job run and the worker busy, and adds what is known', async () => {
      const attempt = await bench().readied();
      const at = bench().tick();
      const phases = { ordered: at - 2, launched: at - 1 };
      await bench().repositories.attempts.markLaunched({
        attemptId: attempt.id,
        epoch: bench().owner,
        phases,
        warnings: ['w \u0000'],
        at,
      });
      expect(await bench().peer.attempts.get(attempt.id)).toEqual({
        ...attempt,
        phases: {
          ...attempt.phases,
          ...phases,
        },
        warnings: ['w \0'],
      });
      expect(await bench().peer.jobs.get(attempt.jobId)).toMatchObject({
        state: 'running',
        startedAt: at,
        stateChangedAt: at,
        epoch: bench().owner,
      });
      expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({ state: 'busy', stateChangedAt: at });
    });

    it('does not move the start of the job when a later attempt is launched', async () => {
      const first = await bench().launched();
      const { startedAt } = await bench().repositories.jobs.get(first.jobId);
      await bench().finish(first, LOST, { state: 'pending', notBefore: 0 });
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      const second = await bench().beginNext(first.jobId);
      await bench().markReady(second);
      await bench().markLaunched(second);
      expect(await bench().repositories.jobs.get(first.jobId)).toMatchObject({ state: 'running', startedAt });
    });

    it('is refused to who does not own the attempt, and changes nothing', async () => {
      const attempt = await bench().readied();
      await changesNothing(attempt, () => refuses(bench().markLaunched(attempt, bench().stranger), 'stale_epoch'));
    });

    it('is refused where the worker is not ready, and changes nothing', async () => {
      const attempt = await bench().begun();
      await changesNothing(attempt, () => refuses(bench().markLaunched(attempt), 'conflict'));
      await bench().bring(attempt, 'terminated');
      await changesNothing(attempt, () => refuses(bench().markLaunched(attempt), 'conflict'));
    });

    it('is refused the second time', async () => {
      const attempt = await bench().launched();
      await changesNothing(attempt, () => refuses(bench().markLaunched(attempt), 'conflict'));
    });

    it('is refused once the attempt has an outcome', async () => {
      const attempt = await bench().readied();
      await bench().finish(attempt, FAILURE, { state: 'failed' });
      await changesNothing(attempt, () => refuses(bench().markLaunched(attempt), 'conflict'));
    });

    it('counts once when it is said twice at the same time', async () => {
      const attempt = await bench().readied();
      const { won, refused } = await compete([
        bench().markLaunched(attempt),
        bench().markLaunched(attempt),
        bench().markLaunched(attempt),
      ]);
      expect([won, refused]).toEqual([1, ['conflict', 'conflict']]);
    });

    it('knows no other id', async () => {
      const attempt = await bench().begun();
      await refuses(bench().markLaunched({ ...attempt, id: parseAttemptId(randomUUID()) }), 'not_found');
    });
  });
}
