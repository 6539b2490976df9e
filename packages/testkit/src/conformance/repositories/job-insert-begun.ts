import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseProviderId, type Job, type JobSpec, type NewAttempt } from '@hodei/domain';
import { SUCCESS } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function insertBegun(bench: GetBench): void {
  describe('insertBegun', () => {
    type Begins = Omit<NewAttempt, 'jobId'>;
    const attemptOf = async (given: Partial<NewAttempt> = {}): Promise<Begins> => {
      const { jobId: _, ...attempt } = await bench().newAttempt(bench().newJob().id, given);
      return attempt;
    };
    const begins = async (spec: Partial<JobSpec>): Promise<boolean> => {
      const stored = await bench().repositories.jobs.insertBegun(bench().newJob(spec), await attemptOf());
      expect(stored.job.state).toBe(stored.attempt === undefined ? 'pending' : 'scheduled');
      expect(await bench().peer.attempts.listByJob(stored.job.id)).toEqual(stored.attempt ? [stored.attempt] : []);
      return stored.attempt !== undefined;
    };
    const kindsOf = async ({ id }: Pick<Job, 'id'>): Promise<readonly string[]> =>
      (await bench().repositories.history.list({ afterSeq: 0, limit: 100, jobId: id })).map(({ kind }) => kind);

    it('stores the job as scheduled, its attempt, and its worker as creating, all at once', async () => {
      const sealed = new Uint8Array([0, 1, 255]);
      const wanted = bench().newJob({ env: { A: 'b' }, name: 'n' }, { sealedSecrets: sealed, by: 'ada' });
      const attempt = await attemptOf();
      const stored = await bench().repositories.jobs.insertBegun(wanted, attempt);
      expect(stored.job).toEqual({
        id: wanted.id,
        spec: wanted.spec,
        state: 'scheduled',
        epoch: attempt.epoch,
        createdAt: wanted.at,
        stateChangedAt: wanted.at,
        notBefore: wanted.at,
        submittedBy: 'ada',
      });
      await bench().expectBegun(stored.attempt, { ...attempt, jobId: wanted.id });
      expect(await bench().peer.jobs.get(wanted.id)).toEqual(stored.job);
      expect(await bench().peer.jobs.sealedSecrets(wanted.id)).toEqual(sealed);
      expect(await kindsOf(wanted)).toEqual(['job.scheduled', 'worker.creating']);
    });

    it('stores as pending, to be claimed, what is not to begin yet, is paused or limited', async () => {
      const { jobs, queues } = bench().repositories;
      await queues.setPaused({ name: 'paused', paused: true, at: bench().tick() });
      await queues.put({ name: 'small', paused: false, weight: 1, maxInFlight: 5 }, bench().tick());
      await queues.put({ name: 'heavy', paused: false, weight: 9 }, bench().tick());
      expect(await begins({ queue: 'heavy' })).toBe(true);
      const notBefore = bench().tick() + 60_000;
      expect(await begins({ notBefore })).toBe(false);
      expect(await begins({ queue: 'heavy' })).toBe(true);
      const pending: Partial<JobSpec>[] = [
        { queue: 'paused' },
        { queue: 'small' },
        { concurrencyKey: 'free' },
        { stdin: new Uint8Array([1]) },
      ];
      for (const spec of pending) {
        expect({ spec, begins: await begins(spec) }).toEqual({ spec, begins: false });
        await queues.setPaused({ name: 'paused', paused: false, at: bench().tick() });
        await jobs.claimPending({ epoch: bench().owner, limit: 10, at: bench().tick() });
        await queues.setPaused({ name: 'paused', paused: true, at: bench().tick() });
      }
      expect(await begins({})).toBe(true);
      await queues.putLimit({ key: '*', maxInFlight: 50 }, bench().tick());
      expect(await begins({})).toBe(false);
    });

    it('stores as pending what somebody waits before, in whatever queue', async () => {
      const { jobs } = bench().repositories;
      const { id } = await bench().pendingJob({ queue: 'other', priority: -1000 });
      expect(await begins({ priority: 1000 })).toBe(false);
      const claimed = await jobs.claimPending({ epoch: bench().owner, limit: 10, at: bench().tick() });
      expect(claimed.map((job) => job.id)).toContain(id);
      expect(await begins({})).toBe(true);
    });

    it('stores as pending what its provider is gone for', async () => {
      const { jobs } = bench().repositories;
      const wanted = bench().newJob();
      const attempt = await attemptOf({ providerId: parseProviderId(randomUUID()) });
      const stored = await jobs.insertBegun(wanted, attempt);
      expect(stored).toMatchObject({ job: { state: 'pending' } });
      expect(stored.attempt).toBeUndefined();
      expect(await kindsOf(wanted)).toEqual(['job.pending']);
    });

    it('stores nothing where its provider has no room, however many begin at once', async () => {
      const { id: providerId } = await bench().repositories.providers.insert(bench().newProvider({ maxWorkers: 3 }));
      const jobs = Array.from({ length: 9 }, () => bench().newJob());
      const attempts = await Promise.all(jobs.map(() => attemptOf({ providerId })));
      const { won, refused } = await compete(
        attempts.map((attempt, i) =>
          bench()
            .side(i)
            .jobs.insertBegun(jobs[i] ?? bench().newJob(), attempt),
        ),
      );
      expect({ won, refused }).toEqual({ won: 3, refused: refused.map(() => 'provider_unavailable') });
      expect(await bench().repositories.jobs.countByState()).toMatchObject({ scheduled: 3, pending: 0 });
    });

    it('gives back what is there already, and begins nothing', async () => {
      const { jobs, attempts } = bench().repositories;
      const wanted = bench().newJob({}, { requestHash: 'a' });
      const first = await jobs.insertBegun(wanted, await attemptOf());
      const again = await bench().peer.jobs.insertBegun({ ...wanted, at: wanted.at + 5 }, await attemptOf());
      expect(again).toEqual({ job: first.job });
      await refuses(jobs.insertBegun({ ...wanted, requestHash: 'b' }, await attemptOf()), 'idempotency_key_reused');
      const other = bench().newJob();
      await jobs.insert(other);
      expect((await jobs.insertBegun(other, await attemptOf())).attempt).toBeUndefined();
      await refuses(
        jobs.insertBegun({ ...other, spec: { ...other.spec, image: 'other' } }, await attemptOf()),
        'conflict',
      );
      expect(await attempts.listByJob(wanted.id)).toHaveLength(1);
      expect(await attempts.listByJob(other.id)).toHaveLength(0);
    });

    it('stores one job of many at the same time, and begins it once', async () => {
      const wanted = bench().newJob({}, { requestHash: 'a' });
      const attempts = await Promise.all(Array.from({ length: 8 }, () => attemptOf()));
      const stored = await Promise.all(attempts.map((attempt, i) => bench().side(i).jobs.insertBegun(wanted, attempt)));
      expect(stored.filter(({ attempt }) => attempt !== undefined)).toHaveLength(1);
      expect(await bench().peer.attempts.listByJob(wanted.id)).toHaveLength(1);
      expect(await kindsOf(wanted)).toEqual(['job.scheduled', 'worker.creating']);
    });

    it('is launched and finished as any other', async () => {
      const { attempt } = await bench().repositories.jobs.insertBegun(bench().newJob(), await attemptOf());
      if (attempt === undefined) throw new Error('it has not begun');
      await bench().markReady(attempt);
      await bench().markLaunched(attempt);
      expect(await bench().finish(attempt, SUCCESS, { state: 'succeeded' })).toMatchObject({ state: 'succeeded' });
    });
  });
}
