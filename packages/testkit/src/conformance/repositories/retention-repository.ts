import { describe, expect, it } from 'vitest';
import type { Attempt, EpochMs, JobId } from '@hodei/domain';
import { SUCCESS } from './bench.ts';
import { chunk, gap, readAll } from './log-chunks.ts';
import { refuses, type GetBench } from './suite.ts';

export function retention(bench: GetBench): void {
  /** A job that has ended, whose worker is gone. */
  const over = async (): Promise<Attempt> => {
    const attempt = await bench().launched();
    const chunks = [chunk('stdout', 0, 'abc'), gap('stdout', 3, 'over_limit', 9)];
    await bench().repositories.logs.append({ attemptId: attempt.id, epoch: bench().owner, chunks });
    await bench().finish(attempt, SUCCESS, { state: 'succeeded' });
    await bench().moveWorker(await bench().repositories.workers.get(attempt.workerId), 'terminated');
    return attempt;
  };
  const prune = (before: EpochMs, limit = 100) => bench().repositories.retention.prune({ before, limit });
  const exists = async (jobId: JobId): Promise<boolean> =>
    bench()
      .peer.jobs.get(jobId)
      .then(
        () => true,
        () => false,
      );

  describe('prune', () => {
    it('deletes a job that ended before, with all that was its own', async () => {
      const { id, jobId, workerId } = await over();
      const { jobs } = await prune(bench().tick());
      expect(jobs).toBe(1);
      const { peer } = bench();
      await refuses(peer.jobs.get(jobId), 'not_found');
      await refuses(peer.attempts.get(id), 'not_found');
      await refuses(peer.workers.get(workerId), 'not_found');
      expect(await readAll(peer.logs, jobId)).toEqual([]);
      expect(await peer.history.list({ afterSeq: 0, limit: 100, jobId })).toEqual([]);
      expect(await peer.history.list({ afterSeq: 0, limit: 100, workerId })).toEqual([]);
      expect((await peer.jobs.list({ limit: 10 })).items).toEqual([]);
    });

    it('leaves what ended later, and what has not ended', async () => {
      const moment = bench().tick();
      const ended = await over();
      const running = await bench().launched();
      const pending = await bench().pendingJob();
      expect(await prune(moment)).toMatchObject({ jobs: 0, hasMore: false });
      const all = [ended.jobId, running.jobId, pending.id];
      expect(await Promise.all(all.map(exists))).toEqual([true, true, true]);
      await prune(bench().tick());
      expect(await Promise.all(all.map(exists))).toEqual([false, true, true]);
      expect(await readAll(bench().peer.logs, ended.jobId)).toEqual([]);
    });

    it('leaves a job whose worker is still to be destroyed', async () => {
      const attempt = await bench().launched();
      await bench().finish(attempt, SUCCESS, { state: 'succeeded' });
      await prune(bench().tick());
      expect(await exists(attempt.jobId)).toBe(true);
      await bench().moveWorker(await bench().repositories.workers.get(attempt.workerId), 'terminated');
      await prune(bench().tick());
      expect(await exists(attempt.jobId)).toBe(false);
    });

    it('deletes the oldest first, no more than so many at once, and says that there are more', async () => {
      const jobs = [(await over()).jobId, (await over()).jobId, (await over()).jobId];
      const before = bench().tick();
      expect(await prune(before, 2)).toMatchObject({ jobs: 2, hasMore: true });
      expect(await Promise.all(jobs.map(exists))).toEqual([false, false, true]);
      expect(await prune(before, 2)).toMatchObject({ jobs: 1 });
      expect(await prune(before, 100)).toMatchObject({ jobs: 0, hasMore: false });
    });

    it('deletes each job once where many prune', async () => {
      for (let count = 0; count < 6; count += 1) await over();
      const before = bench().tick();
      const { repositories, peer } = bench();
      const results = await Promise.all(
        [repositories, peer, repositories, peer].map(({ retention: store }) => store.prune({ before, limit: 3 })),
      );
      const deleted = results.reduce((sum, { jobs }) => sum + jobs, 0);
      const left = (await peer.jobs.list({ limit: 10 })).items.length;
      expect(deleted + left).toBe(6);
      await prune(before);
      expect((await peer.jobs.list({ limit: 10 })).items).toEqual([]);
    });

    it('deletes events that tell of no job, and leaves later ones', async () => {
      const { history } = bench().repositories;
      await history.append({ at: bench().tick(), kind: 'provider.registered', data: {} });
      const before = bench().tick();
      await history.append({ at: bench().tick(), kind: 'provider.removed', data: {} });
      await prune(before);
      const kinds = (await bench().peer.history.list({ afterSeq: 0, limit: 100 })).map(({ kind }) => kind);
      expect(kinds).toContain('provider.removed');
      expect(kinds).not.toContain('provider.registered');
    });

    it('leaves instances that are alive', async () => {
      const live = await bench().peer.instances.listLive();
      await prune(bench().tick());
      await prune(Date.now() + 3_600_000); // by a clock that is ahead
      expect(await bench().peer.instances.listLive()).toEqual(live);
    });
  });
}
