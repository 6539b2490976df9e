import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '@hodei/domain';
import { FAILURE, LOST, newJobId, SUCCESS } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

type Filter = Omit<Parameters<RepositoryHistory['list']>[0], 'afterSeq' | 'limit'>;
type RepositoryHistory = ReturnType<GetBench>['repositories']['history'];

export function history(bench: GetBench): void {
  const events = (filter: Filter = {}): Promise<readonly HistoryEvent[]> =>
    bench().peer.history.list({ afterSeq: 0, limit: 1000, ...filter });
  const kinds = async (filter: Filter = {}): Promise<readonly string[]> =>
    (await events(filter)).map(({ kind }) => kind);

  describe('append', () => {
    it('adds what no row tells', async () => {
      const { id: jobId } = await bench().pendingJob();
      const event = {
        at: 1_700_000_000_001,
        kind: 'job.noted',
        jobId,
        data: { a: 'NUL \u0000', b: 1.5, c: true, d: null },
      };
      await bench().repositories.history.append(event);
      expect((await events({ jobId })).at(-1)).toEqual({ ...event, seq: expect.any(Number) });
    });
  });

  describe('list', () => {
    it('goes on after an event, in order', async () => {
      for (let i = 0; i < 5; i += 1) await bench().pendingJob();
      const all = await events();
      expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).toSorted((a, b) => a - b));
      const second = all[1]?.seq ?? 0;
      expect(second).toBeGreaterThan(all[0]?.seq ?? 0);
      expect(await bench().repositories.history.list({ afterSeq: second, limit: 2 })).toEqual(all.slice(2, 4));
    });

    it('chooses by job, by worker and by provider', async () => {
      const attempt = await bench().launched();
      const other = await bench().launched();
      const { jobId, workerId, providerId } = attempt;
      expect(new Set((await events({ jobId })).map((event) => event.jobId))).toEqual(new Set([jobId]));
      expect(await kinds({ workerId })).toEqual(['worker.creating', 'worker.ready', 'worker.busy']);
      const workersSeen = new Set((await events({ providerId })).map((event) => event.workerId));
      expect(workersSeen).toEqual(new Set([undefined, workerId, other.workerId]));
      expect(await kinds({ jobId, workerId: other.workerId })).toEqual([]);
      expect(await kinds({ jobId: newJobId() })).toEqual([]);
    });
  });

  describe('horizon', () => {
    it('is the end of what was written, and bounds what is listed', async () => {
      const { history } = bench().repositories;
      for (let i = 0; i < 3; i += 1) await bench().pendingJob();
      const all = await events();
      const { upTo } = await history.horizon();
      expect(upTo).toBe(all.at(-1)?.seq);
      const second = all[1]?.seq ?? 0;
      expect(await history.list({ afterSeq: 0, upToSeq: second, limit: 100 })).toEqual(all.slice(0, 2));
      await bench().pendingJob();
      expect((await bench().peer.history.horizon()).upTo).toBeGreaterThan(upTo);
    });
  });

  describe('every change', () => {
    it('of a job, an attempt and its worker is told with it', async () => {
      const { id: jobId } = await bench().pendingJob();
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      const attempt = await bench().beginNext(jobId);
      await bench().markReady(attempt);
      await bench().markLaunched(attempt);
      await bench().finish(attempt, LOST, { state: 'pending', notBefore: 0 });
      await bench().moveWorker(await bench().repositories.workers.get(attempt.workerId), 'terminated');
      await bench().cancel(jobId);
      const told = await events({ jobId });
      expect(told.filter(({ kind }) => kind.startsWith('job.')).map(({ kind }) => kind)).toEqual([
        'job.pending',
        'job.scheduled',
        'job.running',
        'job.pending',
        'job.cancelled',
      ]);
      expect(told.filter(({ kind }) => kind.startsWith('worker.')).map(({ kind }) => kind)).toEqual([
        'worker.creating',
        'worker.ready',
        'worker.busy',
        'worker.terminating',
        'worker.terminated',
      ]);
      expect(told.every(({ workerId, kind }) => (workerId !== undefined) === kind.startsWith('worker.'))).toBe(true);
    });

    it('of a job says when, and with an end why', async () => {
      const attempt = await bench().launched();
      const job = await bench().finish(attempt, FAILURE, { state: 'failed' });
      expect((await events({ jobId: job.id })).filter(({ kind }) => kind === 'job.failed')).toMatchObject([
        { at: job.finishedAt, data: { cause: 'exited', exitCode: 7 } },
      ]);
    });

    it('of a provider is told with it', async () => {
      const { providers } = bench().repositories;
      const { id: providerId } = await providers.insert(bench().newProvider({ name: 'local' }));
      await providers.update({ id: providerId, version: 1, patch: { name: 'renamed' }, at: bench().tick() });
      await providers.delete(providerId);
      expect((await events({ providerId })).map(({ kind, data }) => [kind, data])).toEqual([
        ['provider.registered', { name: 'local' }],
        ['provider.updated', { name: 'renamed' }],
        ['provider.deleted', { name: 'renamed' }],
      ]);
    });

    it('that is claimed when it is inserted, given back or asked to end is told', async () => {
      const { id: jobId } = await bench().scheduledJob();
      const release = { jobId, epoch: bench().owner, at: bench().tick() };
      await bench().repositories.jobs.release({ ...release, to: { state: 'pending', notBefore: 0 } });
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      await bench().cancel(jobId, 'ada');
      await bench().cancel(jobId, 'bob');
      await bench().repositories.jobs.release({
        ...release,
        to: { state: 'cancelled', outcome: { cause: 'cancelled', evidence: {} } },
      });
      expect((await events({ jobId })).map(({ kind, data }) => [kind, data])).toEqual([
        ['job.scheduled', {}],
        ['job.pending', {}],
        ['job.scheduled', {}],
        ['job.cancel_requested', { by: 'ada' }],
        ['job.cancelled', { cause: 'cancelled' }],
      ]);
    });

    it('that is refused leaves no word', async () => {
      const attempt = await bench().launched();
      const before = await events();
      await refuses(bench().finish(attempt, SUCCESS, { state: 'succeeded' }, bench().stranger), 'stale_epoch');
      await refuses(bench().markLaunched(attempt), 'conflict');
      await refuses(bench().beginNext(attempt.jobId), 'conflict');
      await bench().repositories.jobs.insert({ ...bench().newJob(), id: attempt.jobId });
      expect(await events()).toEqual(before);
    });
  });
}
