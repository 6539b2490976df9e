import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFERRED_MS, type Change, type JobId } from '@hodei/domain';
import { FAILURE, LOST } from './bench.ts';
import { chunk } from './log-chunks.ts';
import type { GetBench } from './suite.ts';

async function* oneByOne(feed: AsyncIterable<readonly Change[]>): AsyncGenerator<Change> {
  for await (const changes of feed) yield* changes;
}

export function changeFeed(bench: GetBench): void {
  /** A watch that the peer has begun, change by change; it is ended with the test. */
  const watch = async (): Promise<AsyncIterator<Change>> => {
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const changes = oneByOne(bench().peer.changes.watch(ending.signal));
    expect(await changes.next()).toEqual({ done: false, value: { kind: 'resync' } });
    return changes;
  };
  /** Reads on until the change is told; the test's time runs out where it never is. */
  const hears = async (
    changes: AsyncIterator<Change>,
    kind: 'job' | 'deferred' | 'logs',
    jobId: JobId,
  ): Promise<void> => {
    for (;;) {
      const { done, value } = await changes.next();
      if (done === true) throw new Error('the feed has ended');
      if (value.kind === kind && 'jobId' in value && value.jobId === jobId) return;
    }
  };

  describe('watch', () => {
    it('tells another control plane what becomes of a job', async () => {
      const changes = await watch();
      const { id } = await bench().pendingJob();
      await hears(changes, 'job', id);
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      await hears(changes, 'job', id);
      const attempt = await bench().beginNext(id);
      await bench().markReady(attempt);
      await bench().markLaunched(attempt);
      await hears(changes, 'job', id);
      await bench().cancel(id);
      await hears(changes, 'job', id);
      await bench().finish(attempt, FAILURE, { state: 'cancelled' });
      await hears(changes, 'job', id);
    });

    it('tells no state but the one that the job has', async () => {
      const changes = await watch();
      const { id } = await bench().pendingJob();
      for (;;) {
        const { value } = (await changes.next()) as { value: Change };
        if (value.kind !== 'job' || value.jobId !== id) continue;
        expect(['pending', undefined]).toContain(value.state);
        return;
      }
    });

    it('tells of a new job that is not due for long by another kind', async () => {
      const changes = await watch();
      const at = bench().tick();
      const soon = await bench().pendingJob({ notBefore: at + DEFERRED_MS - 1 }, { at });
      await hears(changes, 'job', soon.id);
      const later = await bench().pendingJob({ notBefore: at + DEFERRED_MS }, { at });
      await hears(changes, 'deferred', later.id);
      // Alone, not by the statement for many.
      const keyed = await bench().pendingJob({ notBefore: at + DEFERRED_MS, concurrencyKey: 'k' }, { at });
      await hears(changes, 'deferred', keyed.id);
      await bench().cancel(later.id);
      await hears(changes, 'job', later.id);
    });

    it('tells of a job that waits again, or is released', async () => {
      const changes = await watch();
      const attempt = await bench().launched();
      await hears(changes, 'job', attempt.jobId);
      await bench().finish(attempt, LOST, { state: 'pending', notBefore: 0 });
      await hears(changes, 'job', attempt.jobId);
      await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick() });
      await hears(changes, 'job', attempt.jobId);
      const to = { state: 'pending', notBefore: 0 } as const;
      await bench().repositories.jobs.release({ jobId: attempt.jobId, epoch: bench().owner, at: bench().tick(), to });
      await hears(changes, 'job', attempt.jobId);
    });

    it('tells of a worker whose end is asked for', async () => {
      const changes = await watch();
      const { workerId } = await bench().launched();
      await bench().repositories.workers.requestEnd({ workerId, kind: 'destroy', by: 'ada', at: bench().tick() });
      const told: Change[] = [];
      while (told.at(-1)?.kind !== 'worker') {
        const { done, value } = await changes.next();
        if (done === true) throw new Error('the feed has ended');
        told.push(value);
      }
      expect(told.at(-1)).toEqual({ kind: 'worker', workerId });
    });

    it('tells of output', async () => {
      const changes = await watch();
      const { id: attemptId, jobId } = await bench().launched();
      await bench().repositories.logs.append({ attemptId, epoch: bench().owner, chunks: [chunk('stdout', 0, 'x')] });
      await hears(changes, 'logs', jobId);
    });

    it('tells all who watch', async () => {
      const all = await Promise.all([watch(), watch(), watch()]);
      const { id } = await bench().pendingJob();
      await Promise.all(all.map((changes) => hears(changes, 'job', id)));
    });

    it('loses nothing to a reader that is slow', async () => {
      const changes = await watch();
      const jobs = [];
      for (let i = 0; i < 50; i += 1) jobs.push(await bench().pendingJob());
      for (const { id } of jobs) await hears(changes, 'job', id);
    });

    it('tells at once what changes at once', async () => {
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      const feed = bench().peer.changes.watch(ending.signal)[Symbol.asyncIterator]();
      await feed.next();
      const jobs = await Promise.all(Array.from({ length: 50 }, () => bench().pendingJob()));
      const untold = new Set(jobs.map(({ id }) => id));
      let most = 0;
      while (untold.size > 0) {
        const { done, value } = await feed.next();
        if (done === true) throw new Error('the feed has ended');
        most = Math.max(most, value.length);
        for (const change of value) if (change.kind === 'job') untold.delete(change.jobId);
      }
      expect(most).toBeGreaterThan(1);
    });

    it('ends without an error when its signal aborts, also while it waits', async () => {
      const ending = new AbortController();
      const changes = bench().peer.changes.watch(ending.signal)[Symbol.asyncIterator]();
      await changes.next();
      const waiting = changes.next();
      ending.abort();
      expect(await waiting).toMatchObject({ done: true });
      expect(await changes.next()).toMatchObject({ done: true });
    });

    it('ends at once where its signal has aborted already', async () => {
      const changes: Change[] = [];
      for await (const told of bench().peer.changes.watch(AbortSignal.abort())) changes.push(...told);
      expect(changes.length).toBeLessThanOrEqual(1);
    });

    it('can be begun while the last one ends', async () => {
      const first = new AbortController();
      const changes = bench().peer.changes.watch(first.signal)[Symbol.asyncIterator]();
      await changes.next();
      const last = changes.next();
      first.abort();
      const second = await watch();
      expect(await last).toMatchObject({ done: true });
      const all = [second, await watch()];
      const { id } = await bench().pendingJob();
      await Promise.all(all.map((each) => hears(each, 'job', id)));
    });

    it('can be left and begun again', async () => {
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      for await (const change of bench().peer.changes.watch(ending.signal)) {
        expect(change).toEqual([{ kind: 'resync' }]);
        break;
      }
      const changes = await watch();
      const { id } = await bench().pendingJob();
      await hears(changes, 'job', id);
    });
  });
}
