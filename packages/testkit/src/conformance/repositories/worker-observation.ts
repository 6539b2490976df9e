import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseWorkerId, WORKER_STATES, type Attempt, type Worker } from '@hodei/domain';
import { LOST, SUCCESS } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

export function observing(bench: GetBench): void {
  const look = async (
    listed: readonly { readonly workerId: Worker['id']; readonly trouble?: string }[],
    epoch = bench().owner,
    at = bench().tick(),
  ): Promise<readonly Worker[]> =>
    bench().repositories.workers.observe({ providerId: (await bench().provider()).id, epoch, at, listed });
  const row = ({ workerId }: Attempt): Promise<Worker> => bench().peer.workers.get(workerId);

  describe('observe', () => {
    it('records when each listed worker was seen, and what is wrong with it', async () => {
      const [one, two] = [await bench().launched(), await bench().readied()];
      const before = [await row(one), await row(two)];
      const at = bench().tick();
      const seen = await look(
        [{ workerId: one.workerId }, { workerId: two.workerId, trouble: 'it is paused' }],
        bench().stranger,
        at,
      );
      expect(seen).toEqual(before); // another epoch's
      const now = await look(
        [{ workerId: one.workerId }, { workerId: two.workerId, trouble: 'it is paused' }],
        bench().owner,
        at,
      );
      expect(now).toEqual([
        { ...before[0], lastSeenAt: at },
        { ...before[1], lastSeenAt: at, trouble: 'it is paused' },
      ]);
      expect([await row(one), await row(two)]).toEqual(now);
      expect((await look([{ workerId: two.workerId }]))[1]).not.toHaveProperty('trouble');
    });

    it('says since which look a worker is missing, until it is seen again', async () => {
      const attempt = await bench().launched();
      const at = bench().tick();
      expect(await look([], bench().owner, at)).toMatchObject([{ missingSince: at }]);
      expect(await look([])).toMatchObject([{ missingSince: at, state: 'busy' }]);
      const [found] = await look([attempt]);
      expect(found).not.toHaveProperty('missingSince');
    });

    it('misses no worker that was ready only after the look began, or is being made or destroyed', async () => {
      const at = bench().tick();
      await bench().launched();
      const attempts = [await bench().begun(), await bench().begun()];
      await bench().bring(attempts[1] as Attempt, 'terminating');
      for (const worker of await look([], bench().owner, at)) expect(worker).not.toHaveProperty('missingSince');
    });

    it('shows the workers of the provider that are not terminated, whoever owns them, and changes no state', async () => {
      const live = await bench().launched();
      await bench().bring(await bench().begun(), 'terminated');
      const { id: providerId } = await bench().repositories.providers.insert(bench().newProvider());
      expect(await look([live], bench().stranger)).toEqual([await row(live)]);
      const other = { providerId, epoch: bench().owner, at: bench().tick(), listed: [live] };
      expect(await bench().repositories.workers.observe(other)).toEqual([]);
      expect(await row(live)).not.toHaveProperty('lastSeenAt');
    });
  });

  describe('countByState', () => {
    it('counts all there are', async () => {
      for (const state of WORKER_STATES) await bench().bring(await bench().begun(), state);
      await bench().begun();
      expect(await bench().repositories.workers.countByState()).toEqual({
        ...Object.fromEntries(WORKER_STATES.map((state) => [state, 1])),
        creating: 2,
      });
    });
  });

  describe('requestEnd', () => {
    const ask = (worker: { readonly workerId: Worker['id'] }, kind: 'drain' | 'destroy', by = 'ada'): Promise<Worker> =>
      bench().peer.workers.requestEnd({ workerId: worker.workerId, kind, by, at: bench().tick() });

    it('is recorded by anyone, and changes nothing else', async () => {
      const attempt = await bench().launched();
      const before = await row(attempt);
      const asked = await ask(attempt, 'drain');
      expect(asked).toEqual({ ...before, endRequest: { kind: 'drain', by: 'ada', at: expect.any(Number) as number } });
      expect(await row(attempt)).toEqual(asked);
      const events = await bench().repositories.history.list({ afterSeq: 0, limit: 100, jobId: attempt.jobId });
      expect(events.map(({ kind }) => kind)).toContain('worker.drain_requested');
    });

    it('stands as it was asked first, but destroy replaces drain', async () => {
      const attempt = await bench().launched();
      const first = await ask(attempt, 'drain');
      expect(await ask(attempt, 'drain', 'bob')).toEqual(first);
      const second = await ask(attempt, 'destroy', 'bob');
      expect(second.endRequest).toMatchObject({ kind: 'destroy', by: 'bob' });
      expect(await ask(attempt, 'drain')).toEqual(second);
      expect(await ask(attempt, 'destroy')).toEqual(second);
    });

    it('changes no worker that is terminating or terminated', async () => {
      for (const state of ['terminating', 'terminated'] as const) {
        const before = await bench().bring(await bench().begun(), state);
        expect(await ask({ workerId: before.id }, 'destroy')).toEqual(before);
      }
    });

    it('knows no other id', async () => {
      await refuses(ask({ workerId: parseWorkerId(randomUUID()) }, 'drain'), 'not_found');
    });
  });

  describe('setToken and reportHeartbeat', () => {
    const set = ({ workerId }: Attempt, hash: string, epoch = bench().owner): Promise<void> =>
      bench().repositories.workers.setToken({ workerId, epoch, hash });
    const report = ({ workerId }: Attempt, hash: string, nextHash: string, epoch = bench().owner): Promise<Worker> =>
      bench().peer.workers.reportHeartbeat({
        workerId,
        epoch,
        hash,
        nextHash,
        heartbeat: { at: bench().tick(), reportedAt: 5, epoch, progress: '1 of 2' },
      });

    it('take a report with the token, then with the one after it, and with a used one no more', async () => {
      const attempt = await bench().launched();
      await set(attempt, 'a');
      const before = await row(attempt);
      const { heartbeat } = await report(attempt, 'a', 'b');
      expect(heartbeat).toMatchObject({ reportedAt: 5, epoch: bench().owner, progress: '1 of 2' });
      expect(await row(attempt)).toEqual({ ...before, heartbeat });
      await report(attempt, 'a', 'c'); // its answer was lost
      await refuses(report(attempt, 'b', 'd'), 'unauthenticated');
      await report(attempt, 'c', 'd');
      await refuses(report(attempt, 'a', 'e'), 'unauthenticated');
      await report(attempt, 'd', 'e');
    });

    it('refuse who has no token, another one, or an earlier one', async () => {
      const attempt = await bench().launched();
      await refuses(report(attempt, 'a', 'b'), 'unauthenticated');
      await set(attempt, 'a');
      await refuses(report(attempt, 'x', 'b'), 'unauthenticated');
      await set(attempt, 'z');
      await refuses(report(attempt, 'a', 'b'), 'unauthenticated');
      expect(await row(attempt)).not.toHaveProperty('heartbeat');
    });

    it('refuse a token of a former owner, and a stranger', async () => {
      const attempt = await bench().launched();
      await refuses(set(attempt, 'a', bench().stranger), 'stale_epoch');
      await set(attempt, 'a');
      await bench().repositories.instances.release(bench().owner);
      await bench().peer.ownership.takeOver({ epoch: bench().stranger, limit: 10, at: bench().tick() });
      await refuses(report(attempt, 'a', 'b'), 'stale_epoch');
      await refuses(report(attempt, 'a', 'b', bench().stranger), 'unauthenticated');
    });

    it('refuse a worker that is being destroyed', async () => {
      const attempt = await bench().launched();
      await set(attempt, 'a');
      await bench().finish(attempt, SUCCESS, { state: 'succeeded' });
      await refuses(report(attempt, 'a', 'b'), 'conflict');
      await refuses(set(attempt, 'b'), 'conflict');
    });
  });

  describe('retire', () => {
    const retire = (workerId: Worker['id'], epoch = bench().owner): Promise<Worker> =>
      bench().repositories.workers.retire({ workerId, epoch, at: bench().tick(), termination: LOST });

    it('lets a waiting worker go, and then no job can be placed on it', async () => {
      const worker = await bench().waiting();
      const retired = await retire(worker.id);
      const { stateChangedAt } = retired;
      expect(retired).toEqual({ ...worker, state: 'draining', termination: LOST, stateChangedAt });
      expect(await bench().repositories.jobs.insertOnWorker(bench().newJob(), bench().placement(worker))).toBe(
        undefined,
      );
      await refuses(retire(worker.id), 'conflict');
    });

    it('has one winner where a job is placed on the worker at the same time', async () => {
      const worker = await bench().waiting();
      const [placed, retired] = await Promise.allSettled([
        bench().peer.jobs.insertOnWorker(bench().newJob(), bench().placement(worker)),
        retire(worker.id),
      ]);
      const isPlaced = placed.status === 'fulfilled' && placed.value !== undefined;
      expect(isPlaced).toBe(retired.status === 'rejected');
    });

    it('is refused for a worker that has a job, whatever its state', async () => {
      const ready = await bench().readied();
      const ended = await bench().launched();
      await bench().finish(ended, SUCCESS, { state: 'succeeded' });
      for (const { workerId } of [ready, await bench().launched(), ended, await bench().begun()])
        await refuses(retire(workerId), 'conflict');
      expect(await row(ready)).toMatchObject({ state: 'ready' });
    });

    it('is refused to who does not own the worker', async () => {
      const worker = await bench().waiting();
      await refuses(retire(worker.id, bench().stranger), 'stale_epoch');
      expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
    });
  });
}
