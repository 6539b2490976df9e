import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GAP_REASONS, parseAttemptId, type Attempt, type LogRecord, type OutputChunk } from '@hodei/domain';
import { LOST } from './bench.ts';
import { chunk, gap, readAll, text } from './log-chunks.ts';
import { refuses, type GetBench } from './suite.ts';

/** The bytes, or the reason and length of the gap. */
const told = (records: readonly LogRecord[]): readonly unknown[] =>
  records.map(({ stream, offset, bytes, gap: missing }) => [
    stream,
    offset,
    missing === undefined ? Buffer.from(bytes).toString() : `${missing.reason} ${missing.lostBytes ?? 'unknown'}`,
  ]);

export function gaps(bench: GetBench): void {
  const append = (attempt: Pick<Attempt, 'id'>, ...chunks: readonly OutputChunk[]): Promise<readonly number[]> =>
    bench().repositories.logs.append({ attemptId: attempt.id, epoch: bench().owner, chunks });
  const acknowledged = async ({ id }: Pick<Attempt, 'id'>) => (await bench().peer.attempts.get(id)).acknowledged;
  const all = async ({ jobId }: Pick<Attempt, 'jobId'>) => told(await readAll(bench().peer.logs, jobId));

  describe('append, where bytes are missing', () => {
    it('acknowledges what is lost with its record, in its place', async () => {
      const attempt = await bench().launched();
      await append(attempt, chunk('stdout', 0, 'abc'), gap('stdout', 3, 'log_lost', 10), chunk('stdout', 13, 'd'));
      expect(await acknowledged(attempt)).toEqual({ stdout: 14, stderr: 0 });
      expect(await all(attempt)).toEqual([
        ['stdout', 0, 'abc'],
        ['stdout', 3, 'log_lost 10'],
        ['stdout', 13, 'd'],
      ]);
    });

    it('refuses what does not go on behind the gap, and stores nothing of it', async () => {
      const attempt = await bench().launched();
      await refuses(append(attempt, gap('stdout', 0, 'log_lost', 10), chunk('stdout', 9, 'd')), 'conflict');
      expect(await all(attempt)).toEqual([]);
      expect(await acknowledged(attempt)).toEqual({ stdout: 0, stderr: 0 });
    });

    it.each(GAP_REASONS.filter((reason) => reason !== 'over_limit'))(
      'knows a gap (%s) whose length nobody knows, and moves no offset for it',
      async (reason) => {
        const attempt = await bench().launched();
        await append(attempt, gap('stderr', 0, reason), chunk('stderr', 0, 'e'));
        expect(await acknowledged(attempt)).toEqual({ stdout: 0, stderr: 1 });
        expect(await all(attempt)).toEqual([
          ['stderr', 0, `${reason} unknown`],
          ['stderr', 0, 'e'],
        ]);
      },
    );

    it('records a gap once, however often it is told', async () => {
      const attempt = await bench().launched();
      await append(attempt, chunk('stdout', 0, 'abc'), gap('stdout', 3, 'worker_lost'));
      await append(attempt, gap('stdout', 3, 'worker_lost'), gap('stderr', 0, 'worker_lost'));
      expect(await all(attempt)).toHaveLength(3);
    });

    it('records a stream that is cut off once, and counts all that it would have had', async () => {
      const attempt = await bench().launched();
      await append(attempt, chunk('stdout', 0, 'abc'), gap('stdout', 3, 'over_limit', 5));
      expect(await all(attempt)).toEqual([
        ['stdout', 0, 'abc'],
        ['stdout', 3, 'over_limit 5'],
      ]);
      const before = await readAll(bench().repositories.logs, attempt.jobId);
      await append(attempt, gap('stdout', 8, 'over_limit', 1_000_000_000_000), chunk('stderr', 0, 'e'));
      await append(attempt, gap('stdout', 1_000_000_000_008, 'over_limit', 2));
      expect(await acknowledged(attempt)).toEqual({ stdout: 1_000_000_000_010, stderr: 1 });
      const records = await readAll(bench().repositories.logs, attempt.jobId);
      expect(told(records)).toEqual([
        ['stdout', 0, 'abc'],
        ['stdout', 3, 'over_limit 1000000000007'],
        ['stderr', 0, 'e'],
      ]);
      expect(records.slice(0, 2).map(({ seq }) => seq)).toEqual(before.map(({ seq }) => seq));
    });

    it('refuses the gaps of who does not own the attempt', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const chunks = [gap('stdout', 0, 'worker_lost')];
      await refuses(bench().peer.logs.append({ attemptId, epoch: bench().stranger, chunks }), 'stale_epoch');
      expect(await readAll(bench().peer.logs, jobId)).toEqual([]);
    });
  });

  describe('listGaps', () => {
    it('gives the gaps of all attempts of a job, in order, and of no other job', async () => {
      const first = await bench().launched();
      await append(first, chunk('stdout', 0, 'abc'), gap('stdout', 3, 'log_lost', 7), gap('stdout', 10, 'worker_lost'));
      await append(await bench().launched(), gap('stdout', 0, 'worker_lost'));
      await bench().finish(first, LOST, { state: 'pending', notBefore: 0 });
      const { owner: epoch, peer, repositories } = bench();
      await repositories.jobs.claimPending({ epoch, limit: 1, at: bench().tick(), only: [first.jobId] });
      const second = await bench().beginNext(first.jobId);
      await append(second, gap('stderr', 0, 'over_limit', 4));
      const found = await peer.logs.listGaps(first.jobId);
      expect(told(found)).toEqual([
        ['stdout', 3, 'log_lost 7'],
        ['stdout', 10, 'worker_lost unknown'],
        ['stderr', 0, 'over_limit 4'],
      ]);
      expect(found.map(({ attemptId }) => attemptId)).toEqual([first.id, first.id, second.id]);
      expect(found.every(({ bytes }) => bytes.length === 0)).toBe(true);
    });
  });

  describe('getStored', () => {
    const stored = (attempt: Pick<Attempt, 'id'>, tailBytes: number) =>
      bench().peer.logs.getStored({ attemptId: attempt.id, tailBytes });

    it('gives the last bytes of each stream, from as many chunks as it takes', async () => {
      const attempt = await bench().launched();
      const pieces = Array.from({ length: 50 }, (_, i) => chunk('stdout', i * 2, String(10 + i)));
      await append(attempt, ...pieces, chunk('stderr', 0, 'err'));
      const { tails, jobBytes, cutOff } = await stored(attempt, 7);
      expect(tails).toEqual({ stdout: text('6575859'), stderr: text('err') });
      expect([jobBytes, cutOff]).toEqual([103, []]);
      expect((await stored(attempt, 0)).tails).toEqual({ stdout: text(''), stderr: text('') });
    });

    it('reaches back to the last gap of a stream, and no further', async () => {
      const attempt = await bench().launched();
      await append(attempt, chunk('stdout', 0, 'abc'), gap('stdout', 3, 'log_lost'), chunk('stdout', 3, 'de'));
      await append(attempt, chunk('stderr', 0, 'x'), gap('stderr', 1, 'log_lost', 3));
      expect((await stored(attempt, 100)).tails).toEqual({ stdout: text('de'), stderr: text('') });
    });

    it('counts what is kept of all attempts of the job, and says what is cut off of this one', async () => {
      const first = await bench().launched();
      await append(first, chunk('stdout', 0, 'abcde'), gap('stdout', 5, 'over_limit', 100));
      expect(await stored(first, 4)).toMatchObject({ jobBytes: 5, cutOff: ['stdout'] });
      await bench().finish(first, LOST, { state: 'pending', notBefore: 0 });
      const { owner: epoch, repositories } = bench();
      await repositories.jobs.claimPending({ epoch, limit: 1, at: bench().tick(), only: [first.jobId] });
      const second = await bench().beginNext(first.jobId);
      expect(await stored(second, 4)).toEqual({
        jobBytes: 5,
        tails: { stdout: text(''), stderr: text('') },
        cutOff: [],
      });
    });

    it('knows no other id', async () => {
      await refuses(stored({ id: parseAttemptId(randomUUID()) }, 1), 'not_found');
    });
  });
}
