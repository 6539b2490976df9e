import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAttemptId, type OutputChunk } from '@hodei/domain';
import { SUCCESS } from './bench.ts';
import { chunk, readAll, text } from './log-chunks.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function append(bench: GetBench): void {
  describe('append', () => {
    it('stores every byte of both streams, in order, and acknowledges them', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const { logs, attempts } = bench().repositories;
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const chunks: readonly OutputChunk[] = [
        { stream: 'stdout', offset: 0, bytes, at: 1_700_000_000_001 },
        { stream: 'stderr', offset: 0, bytes: text('e1'), at: 1_700_000_000_002 },
        { stream: 'stdout', offset: 256, bytes: text('o2'), at: 1_700_000_000_001 },
      ];
      await logs.append({ attemptId, epoch: bench().owner, chunks });
      expect((await attempts.get(attemptId)).acknowledged).toEqual({ stdout: 258, stderr: 2 });
      const records = await bench().peer.logs.read({ jobId, afterSeq: 0, maxBytes: 10_000 });
      expect(records.map(({ seq: _seq, ...record }) => record)).toEqual(chunks.map((one) => ({ ...one, attemptId })));
      expect(records[0]?.bytes).toBeInstanceOf(Uint8Array);
    });

    it('stores what is large', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const bytes = randomBytes(5_000_000);
      await bench().repositories.logs.append({
        attemptId,
        epoch: bench().owner,
        chunks: [{ stream: 'stdout', offset: 0, bytes, at: 1 }],
      });
      const records = await readAll(bench().peer.logs, jobId);
      expect(Buffer.concat(records.map((record) => record.bytes)).equals(bytes)).toBe(true);
    });

    it('is not changed by what the caller does with its buffer later', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const bytes = text('before');
      await bench().repositories.logs.append({
        attemptId,
        epoch: bench().owner,
        chunks: [{ stream: 'stdout', offset: 0, bytes, at: 1 }],
      });
      bytes.fill(0);
      expect((await readAll(bench().repositories.logs, jobId))[0]?.bytes).toEqual(text('before'));
    });

    it.each([
      ['a gap', [chunk('stdout', 4, 'x')]],
      ['an overlap', [chunk('stdout', 2, 'x')]],
      ['the same again', [chunk('stdout', 0, 'abc')]],
      ['a gap after a chunk that fits', [chunk('stdout', 3, 'x'), chunk('stdout', 5, 'y')]],
      ['a gap in the other stream', [chunk('stdout', 3, 'x'), chunk('stderr', 1, 'y')]],
    ])('refuses %s, and stores nothing of it', async (_what, chunks) => {
      const { id: attemptId, jobId } = await bench().launched();
      const { logs, attempts } = bench().repositories;
      await logs.append({ attemptId, epoch: bench().owner, chunks: [chunk('stdout', 0, 'abc')] });
      await refuses(logs.append({ attemptId, epoch: bench().owner, chunks }), 'conflict');
      expect(await readAll(logs, jobId)).toHaveLength(1);
      expect((await attempts.get(attemptId)).acknowledged).toEqual({ stdout: 3, stderr: 0 });
    });

    it('refuses who does not own the attempt, and stores no byte of it', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      await refuses(
        bench().peer.logs.append({ attemptId, epoch: bench().stranger, chunks: [chunk('stdout', 0, 'x')] }),
        'stale_epoch',
      );
      expect(await readAll(bench().repositories.logs, jobId)).toEqual([]);
    });

    it('refuses output after the outcome', async () => {
      const attempt = await bench().launched();
      await bench().finish(attempt, SUCCESS, { state: 'succeeded' });
      await refuses(
        bench().repositories.logs.append({
          attemptId: attempt.id,
          epoch: bench().owner,
          chunks: [chunk('stdout', 0, 'x')],
        }),
        'conflict',
      );
      expect(await readAll(bench().repositories.logs, attempt.jobId)).toEqual([]);
    });

    it('stores the bytes once where many bring them', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const { repositories, peer, owner } = bench();
      const { won, refused } = await compete(
        [repositories, peer, repositories, peer].map(({ logs }) =>
          logs.append({ attemptId, epoch: owner, chunks: [chunk('stdout', 0, 'x')] }),
        ),
      );
      expect([won, refused]).toEqual([1, ['conflict', 'conflict', 'conflict']]);
      expect(await readAll(repositories.logs, jobId)).toHaveLength(1);
    });

    it('stores nothing of an empty chunk', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      await bench().repositories.logs.append({ attemptId, epoch: bench().owner, chunks: [] });
      await bench().repositories.logs.append({
        attemptId,
        epoch: bench().owner,
        chunks: [chunk('stdout', 0, ''), chunk('stdout', 0, 'x')],
      });
      expect(await readAll(bench().repositories.logs, jobId)).toHaveLength(1);
    });

    it('tells the place of each record that it adds', async () => {
      const { id: attemptId, jobId } = await bench().launched();
      const { logs } = bench().repositories;
      const added = await logs.append({
        attemptId,
        epoch: bench().owner,
        chunks: [chunk('stdout', 0, 'a'), chunk('stderr', 0, 'b'), chunk('stdout', 1, '')],
      });
      const more = await logs.append({ attemptId, epoch: bench().owner, chunks: [chunk('stdout', 1, 'c')] });
      const none = await logs.append({ attemptId, epoch: bench().owner, chunks: [] });
      expect([...added, ...more, ...none]).toEqual((await readAll(logs, jobId)).map(({ seq }) => seq));
      expect([added.length, more.length, none.length]).toEqual([2, 1, 0]);
    });

    it('knows no other id', async () => {
      const attemptId = parseAttemptId(randomUUID());
      await refuses(
        bench().repositories.logs.append({ attemptId, epoch: bench().owner, chunks: [chunk('stdout', 0, 'x')] }),
        'not_found',
      );
    });
  });
}
