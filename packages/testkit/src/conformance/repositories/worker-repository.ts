import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canTransitionWorker, parseWorkerId, WORKER_STATES, WORKER_TRANSITIONS } from '@hodei/domain';
import { FAILURE, handleOf, LOST, readPages } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function reading(bench: GetBench): void {
  describe('get and list', () => {
    it('show the newest first, by state and by provider', async () => {
      const { workers, providers } = bench().repositories;
      const [first, second] = [await bench().begun(), await bench().readied()];
      const other = await providers.insert(bench().newProvider());
      const job = await bench().scheduledJob();
      const third = await bench().repositories.attempts.begin(
        await bench().newAttempt(job.id, { providerId: other.id }),
      );
      const ids = async (query: Omit<Parameters<typeof workers.list>[0], 'limit'>): Promise<readonly string[]> =>
        (await workers.list({ limit: 10, ...query })).items.map(({ id }) => id);
      expect(await ids({})).toEqual([third.workerId, second.workerId, first.workerId]);
      expect(await ids({ states: ['ready'] })).toEqual([second.workerId]);
      expect(await ids({ providerId: other.id })).toEqual([third.workerId]);
      expect(await ids({ providerId: other.id, states: ['ready', 'busy'] })).toEqual([]);
    });

    it('go page by page, and neither skip nor repeat while new ones come', async () => {
      const attempts = [];
      for (let i = 0; i < 5; i += 1) attempts.push(await bench().begun());
      const read = await readPages(
        (page) => bench().peer.workers.list(page),
        2,
        () => bench().begun(),
      );
      expect(read.map(({ id }) => id)).toEqual(attempts.map(({ workerId }) => workerId).toReversed());
    });

    it('refuse a cursor or a limit that is none', async () => {
      await refuses(bench().repositories.workers.list({ limit: 1, cursor: 'x' }), 'invalid_input');
      await refuses(bench().repositories.workers.list({ limit: 0 }), 'invalid_input');
    });

    it('know no other id', async () => {
      await refuses(bench().repositories.workers.get(parseWorkerId(randomUUID())), 'not_found');
    });
  });

  describe('countLive', () => {
    it('counts the workers of each provider that are not terminated', async () => {
      const { workers } = bench().repositories;
      expect(await workers.countLive()).toEqual(new Map());
      await bench().begun();
      await bench().bring(await bench().begun(), 'terminating');
      await bench().bring(await bench().begun(), 'terminated');
      expect(await workers.countLive()).toEqual(new Map([[(await bench().provider()).id, 2]]));
    });
  });
}

export function changing(bench: GetBench): void {
  describe('markReady', () => {
    it.each(['creating', 'connecting'] as const)('makes a worker that is %s ready, with its handle', async (state) => {
      const attempt = await bench().begun();
      const before = await bench().bring(attempt, state);
      const worker = await bench().markReady(attempt);
      expect(worker).toEqual({
        ...before,
        state: 'ready',
        handle: handleOf(attempt),
        stateChangedAt: worker.stateChangedAt,
      });
      expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
    });

    it.each(['ready', 'busy', 'draining', 'terminating', 'terminated'] as const)(
      'is refused for a worker that is %s',
      async (state) => {
        const attempt = await bench().begun();
        const before = await bench().bring(attempt, state);
        await refuses(bench().markReady(attempt), 'conflict');
        expect(await bench().repositories.workers.get(before.id)).toEqual(before);
      },
    );

    it('is refused to who does not own the worker', async () => {
      const attempt = await bench().begun();
      await refuses(bench().markReady(attempt, bench().stranger), 'stale_epoch');
      expect(await bench().repositories.workers.get(attempt.workerId)).toMatchObject({ state: 'creating' });
    });

    it('knows no other id', async () => {
      const attempt = await bench().begun();
      await refuses(bench().markReady({ ...attempt, workerId: parseWorkerId(randomUUID()) }), 'not_found');
    });
  });

  describe('transition', () => {
    it.each(WORKER_STATES)('takes a worker that is %s where the table says, and nowhere else', async (from) => {
      for (const to of WORKER_STATES) {
        const worker = await bench().bring(await bench().begun(), from);
        if (canTransitionWorker(from, to)) {
          const moved = await bench().moveWorker(worker, to);
          expect(moved).toEqual({ ...worker, state: to, stateChangedAt: moved.stateChangedAt });
        } else {
          await refuses(bench().moveWorker(worker, to), 'invalid_transition');
          expect(await bench().repositories.workers.get(worker.id)).toEqual(worker);
        }
      }
    });

    it('is refused where the worker is in another state than the caller thought', async () => {
      const worker = await bench().bring(await bench().begun(), 'terminated');
      for (const from of WORKER_STATES.filter((state) => state !== 'terminated')) {
        const [to = 'terminated'] = WORKER_TRANSITIONS[from];
        await refuses(bench().moveWorker({ ...worker, state: from }, to), 'conflict');
      }
      expect(await bench().repositories.workers.get(worker.id)).toEqual(worker);
    });

    it('is refused to who does not own the worker', async () => {
      const { workerId } = await bench().begun();
      const change = {
        workerId,
        epoch: bench().stranger,
        from: 'creating',
        to: 'terminated',
        at: bench().tick(),
      } as const;
      await refuses(bench().repositories.workers.transition(change), 'stale_epoch');
      expect(await bench().repositories.workers.get(workerId)).toMatchObject({ state: 'creating' });
    });

    it('keeps the first reason for the end that it is given', async () => {
      const { workerId } = await bench().begun();
      const { workers } = bench().repositories;
      const change = { workerId, epoch: bench().owner, at: bench().tick() };
      await workers.transition({ ...change, from: 'creating', to: 'terminating', termination: LOST });
      await workers.transition({ ...change, from: 'terminating', to: 'terminated', termination: FAILURE });
      expect(await workers.get(workerId)).toMatchObject({ termination: LOST });
    });

    it('has one winner of many', async () => {
      const worker = await bench().bring(await bench().begun(), 'ready');
      const { won, refused } = await compete([
        bench().moveWorker(worker, 'busy'),
        bench().moveWorker(worker, 'draining'),
        bench().moveWorker(worker, 'terminating'),
      ]);
      expect([won, refused]).toEqual([1, ['conflict', 'conflict']]);
    });

    it('knows no other id', async () => {
      const worker = await bench().repositories.workers.get((await bench().begun()).workerId);
      await refuses(bench().moveWorker({ ...worker, id: parseWorkerId(randomUUID()) }, 'terminated'), 'not_found');
    });
  });
}
