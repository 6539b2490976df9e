import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NO_OUTPUT, parseProviderId, type JobSpec } from '@hodei/domain';
import { FAILURE, SUCCESS } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function insertForPool(bench: GetBench): void {
  describe('insertForPool', () => {
    it('stores a worker that is to be made, without a job', async () => {
      const wanted = await bench().newPoolWorker();
      const worker = await bench().repositories.workers.insertForPool(wanted);
      const { workerId: id, at, ...rest } = wanted;
      expect(worker).toEqual({ id, state: 'creating', jobsRun: 0, createdAt: at, stateChangedAt: at, ...rest });
      expect(await bench().peer.workers.get(id)).toEqual(worker);
    });

    it('never lets a pool have more workers than it may, whoever asks', async () => {
      await bench().pool({ maxWorkers: 3 });
      const wanted = await Promise.all(Array.from({ length: 8 }, () => bench().newPoolWorker()));
      const { won, refused } = await compete(wanted.map((worker, i) => bench().side(i).workers.insertForPool(worker)));
      expect([won, new Set(refused)]).toEqual([3, new Set(['limit_exceeded'])]);
      const { items } = await bench().repositories.workers.list({ limit: 10 });
      expect(items).toHaveLength(3);
    });

    it('counts what is not terminated, and only workers of this pool', async () => {
      await bench().pool({ maxWorkers: 1 });
      await bench().launched();
      const worker = await bench().waiting();
      await bench().moveWorker(worker, 'terminating');
      await refuses(bench().waiting(), 'limit_exceeded');
      await bench().moveWorker({ ...worker, state: 'terminating' }, 'terminated');
      await bench().waiting();
    });

    it('knows no other pool or provider, and no epoch whose lease is over', async () => {
      const { workers } = bench().repositories;
      const wanted = await bench().newPoolWorker();
      await refuses(workers.insertForPool({ ...wanted, pool: 'nobody' }), 'not_found');
      await refuses(workers.insertForPool({ ...wanted, providerId: parseProviderId(randomUUID()) }), 'not_found');
      const { epoch } = await bench().repositories.instances.register({ name: 'short', leaseMs: 1 });
      const live = () => bench().peer.instances.listLive();
      await bench().until(async () => !(await live()).some((one) => one.epoch === epoch), 2);
      await refuses(workers.insertForPool({ ...wanted, epoch }), 'stale_epoch');
      await bench().repositories.instances.release(bench().owner);
      await refuses(workers.insertForPool(wanted), 'stale_epoch');
    });
  });
}

export function countByPool(bench: GetBench): void {
  describe('countByPool', () => {
    it('counts the live workers of each pool by what they do', async () => {
      const { workers } = bench().repositories;
      expect(await workers.countByPool()).toEqual(new Map());
      await bench().launched();
      await bench().waiting();
      await bench().waiting();
      await bench().placed();
      const draining = await bench().placed();
      await bench().moveWorker(await workers.get(draining.workerId), 'draining');
      await workers.insertForPool(await bench().newPoolWorker());
      await bench().moveWorker(await bench().waiting(), 'terminating');
      await bench().moveWorker(await bench().waiting(), 'terminated');
      expect(await bench().peer.workers.countByPool()).toEqual(new Map([['warm', { idle: 2, busy: 2, other: 2 }]]));
    });
  });
}

export function insertOnWorker(bench: GetBench): void {
  describe('insertOnWorker', () => {
    it('stores the job as scheduled, its attempt, and its worker as busy, all at once', async () => {
      const worker = await bench().waiting();
      const wanted = bench().newJob({ env: { A: 'b' } }, { sealedSecrets: new Uint8Array([1, 2]) });
      const placement = bench().placement(worker);
      const placed = await bench().repositories.jobs.insertOnWorker(wanted, placement);
      const { attemptId, nonce, epoch, phases, at, expiresAt } = placement;
      expect(placed?.job).toMatchObject({ id: wanted.id, spec: wanted.spec, state: 'scheduled', epoch });
      expect(placed?.attempt).toEqual({
        id: attemptId,
        jobId: wanted.id,
        workerId: worker.id,
        providerId: worker.providerId,
        number: 1,
        epoch,
        nonce,
        phases,
        acknowledged: NO_OUTPUT,
        warnings: [],
      });
      expect(await bench().peer.jobs.get(wanted.id)).toEqual(placed?.job);
      expect(await bench().peer.attempts.listByJob(wanted.id)).toEqual([placed?.attempt]);
      expect(await bench().peer.jobs.sealedSecrets(wanted.id)).toEqual(new Uint8Array([1, 2]));
      expect(await bench().peer.workers.get(worker.id)).toEqual({
        ...worker,
        state: 'busy',
        jobId: wanted.id,
        jobsRun: 1,
        expiresAt,
        stateChangedAt: at,
      });
      const kinds = (await bench().repositories.history.list({ afterSeq: 0, limit: 100 })).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['job.scheduled', 'worker.busy']));
    });

    it('stores nothing where the worker does not wait, or waits for another', async () => {
      const { jobs } = bench().repositories;
      const worker = await bench().waiting();
      const nothing = async (placement = bench().placement(worker)): Promise<void> => {
        const wanted = bench().newJob();
        expect(await jobs.insertOnWorker(wanted, placement)).toBeUndefined();
        await refuses(jobs.get(wanted.id), 'not_found');
      };
      await nothing({ ...bench().placement(worker), epoch: bench().stranger });
      await bench().moveWorker(worker, 'draining');
      await nothing();
      const { workerId } = await bench().readied();
      await nothing({ ...bench().placement(worker), workerId });
    });

    it('stores nothing of a job that is not to begin yet, is paused or limited, or has others before it', async () => {
      const { jobs, queues } = bench().repositories;
      const worker = await bench().waiting();
      const isPlaced = async (spec: Partial<JobSpec>): Promise<boolean> =>
        (await jobs.insertOnWorker(bench().newJob(spec), bench().placement(worker))) !== undefined;
      await queues.setPaused({ name: 'paused', paused: true, at: bench().tick() });
      await queues.put({ name: 'small', paused: false, weight: 1, maxInFlight: 5 }, bench().tick());
      await queues.putLimit({ key: 'narrow', maxInFlight: 5 }, bench().tick());
      await bench().pendingJob({ queue: 'busy', priority: 1 });
      const others = [
        { notBefore: bench().tick() + 60_000 },
        { queue: 'paused' },
        { queue: 'small' },
        { concurrencyKey: 'narrow' },
        { queue: 'busy', priority: 1 },
      ];
      for (const spec of others) expect({ spec, isPlaced: await isPlaced(spec) }).toEqual({ spec, isPlaced: false });
      expect(await isPlaced({ queue: 'busy', priority: 2, concurrencyKey: 'free' })).toBe(true);
    });

    it('gives a worker to one of many jobs', async () => {
      const worker = await bench().waiting();
      const placed = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          bench().side(i).jobs.insertOnWorker(bench().newJob(), bench().placement(worker)),
        ),
      );
      expect(placed.filter((one) => one !== undefined)).toHaveLength(1);
    });

    it('is refused for an id that exists, and leaves the worker waiting', async () => {
      const worker = await bench().waiting();
      const { id } = await bench().scheduledJob();
      const again = bench().repositories.jobs.insertOnWorker(bench().newJob({}, { id }), bench().placement(worker));
      await refuses(again, 'conflict');
      expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
    });

    it('is launched and finished as any other', async () => {
      const attempt = await bench().placed();
      await bench().markLaunched(attempt);
      expect(await bench().peer.jobs.get(attempt.jobId)).toMatchObject({ state: 'running' });
      await refuses(bench().markLaunched(attempt), 'conflict');
      expect(await bench().finish(attempt, SUCCESS, { state: 'succeeded' })).toMatchObject({ state: 'succeeded' });
      expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({ state: 'terminating' });
    });
  });
}

export function beginOnWorker(bench: GetBench): void {
  const begin = async (jobId: Parameters<typeof place>[0], worker = bench().waiting()) => place(jobId, await worker);
  const place = (jobId: Awaited<ReturnType<ReturnType<GetBench>['scheduledJob']>>['id'], worker: Waiting) =>
    bench().repositories.attempts.beginOnWorker(jobId, bench().placement(worker));
  type Waiting = Awaited<ReturnType<ReturnType<GetBench>['waiting']>>;

  describe('beginOnWorker', () => {
    it('begins the next attempt of a scheduled job on a waiting worker', async () => {
      const first = await bench().launched();
      await bench().finish(first, FAILURE, { state: 'pending', notBefore: 0 });
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      const worker = await bench().waiting();
      const attempt = await place(first.jobId, worker);
      expect(attempt).toMatchObject({ jobId: first.jobId, workerId: worker.id, number: 2, epoch: bench().owner });
      expect(await bench().peer.workers.get(worker.id)).toMatchObject({
        state: 'busy',
        jobId: first.jobId,
        jobsRun: 1,
      });
      expect(await bench().peer.attempts.listByJob(first.jobId)).toHaveLength(2);
    });

    it('begins nothing where the worker does not wait any more', async () => {
      const worker = await bench().waiting();
      const [one, other] = [await bench().scheduledJob(), await bench().scheduledJob()];
      const placed = await Promise.all([place(one.id, worker), place(other.id, worker)]);
      expect(placed.filter((attempt) => attempt !== undefined)).toHaveLength(1);
      const loser = placed[0] === undefined ? one : other;
      expect(await bench().peer.jobs.get(loser.id)).toEqual(loser);
      await bench().beginNext(loser.id);
    });

    it.each(['pending', 'cancelled', 'begun', 'strange'] as const)(
      'is refused for a job that is %s, and leaves the worker waiting',
      async (how) => {
        const worker = await bench().waiting();
        const job = how === 'pending' ? await bench().pendingJob() : await bench().scheduledJob();
        if (how === 'cancelled') await bench().cancel(job.id);
        if (how === 'begun') await bench().beginNext(job.id);
        const placement = bench().placement(worker);
        const epoch = how === 'strange' ? bench().stranger : bench().owner;
        const refused = bench().repositories.attempts.beginOnWorker(job.id, { ...placement, epoch });
        await refuses(refused, how === 'strange' ? 'stale_epoch' : 'conflict');
        expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
      },
    );

    it("is refused for a job of another owner, also on a worker of one's own", async () => {
      const worker = await bench().waiting();
      const { id } = await bench().scheduledJob({ claimFor: bench().stranger });
      await refuses(place(id, worker), 'stale_epoch');
      expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
      expect(await bench().peer.attempts.listByJob(id)).toEqual([]);
    });

    it('knows no other job', async () => {
      const worker = await bench().waiting();
      await refuses(
        bench().repositories.attempts.beginOnWorker(bench().newJob().id, bench().placement(worker)),
        'not_found',
      );
      expect(await bench().peer.workers.get(worker.id)).toEqual(worker);
      expect(await begin((await bench().scheduledJob()).id, Promise.resolve(worker))).toBeDefined();
    });
  });

  describe('finish with reuse', () => {
    it('lets a busy worker wait again, without its job', async () => {
      const attempt = await bench().placed();
      await bench().markLaunched(attempt);
      const job = await bench().finish(attempt, SUCCESS, { state: 'succeeded' }, bench().owner, true);
      expect(job).toMatchObject({ state: 'succeeded' });
      const worker = await bench().peer.workers.get(attempt.workerId);
      expect(worker).toMatchObject({ state: 'ready', jobsRun: 1 });
      expect(worker.jobId).toBeUndefined();
      expect(worker.termination).toBeUndefined();
      const next = await begin((await bench().scheduledJob()).id, Promise.resolve(worker));
      expect(next).toMatchObject({ workerId: worker.id, number: 1 });
      expect(await bench().peer.workers.get(worker.id)).toMatchObject({ state: 'busy', jobsRun: 2 });
    });

    it('destroys a worker that is draining', async () => {
      const attempt = await bench().placed();
      await bench().markLaunched(attempt);
      await bench().moveWorker(await bench().peer.workers.get(attempt.workerId), 'draining');
      await bench().finish(attempt, SUCCESS, { state: 'succeeded' }, bench().owner, true);
      expect(await bench().peer.workers.get(attempt.workerId)).toMatchObject({
        state: 'terminating',
        termination: SUCCESS,
        jobId: attempt.jobId,
      });
    });
  });
}
