import { describe, expect, it } from 'vitest';
import type { Attempt, LogRecord } from '@hodei/domain';
import { LOST, newJobId } from './bench.ts';
import { chunk, readAll } from './log-chunks.ts';
import type { GetBench } from './suite.ts';

const words = (records: readonly LogRecord[]): readonly string[] =>
  records.map(({ bytes }) => Buffer.from(bytes).toString());

export function read(bench: GetBench): void {
  /** Ten chunks of ten bytes, of which the even ones are stdout. */
  const withOutput = async (): Promise<Attempt> => {
    const attempt = await bench().launched();
    for (let i = 0; i < 10; i += 1) {
      const chunks = [chunk(i % 2 ? 'stderr' : 'stdout', Math.floor(i / 2) * 10, `chunk ${i}...`, 1000 + i)];
      await bench().repositories.logs.append({ attemptId: attempt.id, epoch: bench().owner, chunks });
    }
    return attempt;
  };

  describe('read', () => {
    it('numbers the records of a job so that each is a place to go on from', async () => {
      const { jobId } = await withOutput();
      const records = await readAll(bench().repositories.logs, jobId);
      const seqs = records.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(new Set(seqs).size).toBe(10);
      expect(seqs[0]).toBeGreaterThan(0);
      for (const [i, seq] of seqs.entries()) {
        expect(await bench().peer.logs.read({ jobId, afterSeq: seq, maxBytes: 1000 })).toEqual(records.slice(i + 1));
      }
    });

    it.each([
      [1, 1],
      [10, 1],
      [11, 2],
      [25, 3],
    ])('gives at most %d bytes and a chunk', async (maxBytes, most) => {
      const { jobId } = await withOutput();
      const page = await bench().repositories.logs.read({ jobId, afterSeq: 0, maxBytes });
      expect(page.length).toBeGreaterThan(0);
      expect(page.length).toBeLessThanOrEqual(most);
      expect(words(await readAll(bench().repositories.logs, jobId, { maxBytes }))).toHaveLength(10);
    });

    it('gives one stream, however much of the other lies between', async () => {
      const { jobId } = await withOutput();
      const stderr = ['chunk 1...', 'chunk 3...', 'chunk 5...', 'chunk 7...', 'chunk 9...'];
      expect(words(await readAll(bench().repositories.logs, jobId, { stream: 'stderr' }))).toEqual(stderr);
      expect(words(await readAll(bench().repositories.logs, jobId, { stream: 'stderr', maxBytes: 1 }))).toEqual(stderr);
    });

    it('gives what was written since a moment', async () => {
      const { jobId } = await withOutput();
      expect(words(await readAll(bench().repositories.logs, jobId, { since: 1008 }))).toEqual([
        'chunk 8...',
        'chunk 9...',
      ]);
      expect(words(await readAll(bench().repositories.logs, jobId, { since: 1007, stream: 'stdout' }))).toEqual([
        'chunk 8...',
      ]);
      expect(await readAll(bench().repositories.logs, jobId, { since: 2000 })).toEqual([]);
    });

    it('gives all attempts of a job, one after the other, and of no other job', async () => {
      const first = await withOutput();
      await withOutput();
      await bench().finish(first, LOST, { state: 'pending', notBefore: 0 });
      await bench().repositories.jobs.claimPending({
        epoch: bench().owner,
        limit: 1,
        at: bench().tick(),
        only: [first.jobId],
      });
      const second = await bench().beginNext(first.jobId);
      await bench().repositories.logs.append({
        attemptId: second.id,
        epoch: bench().owner,
        chunks: [chunk('stdout', 0, 'again')],
      });
      const records = await readAll(bench().repositories.logs, first.jobId);
      expect(records).toHaveLength(11);
      expect(records.at(-1)).toMatchObject({ attemptId: second.id, stream: 'stdout', offset: 0 });
    });

    it('gives nothing of a job that nobody knows', async () => {
      expect(await bench().repositories.logs.read({ jobId: newJobId(), afterSeq: 0, maxBytes: 10 })).toEqual([]);
    });
  });
}
