import type { OutputStream } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createLineEnds } from '../../../src/docker/output/line-ends.ts';
import type { LogMessage } from '../../../src/docker/output/log-message.ts';

const PIECE = 16 * 1024;

/** What moby's copier makes of a line: pieces of one time; `dropping` as driver `local` did before 23.0. */
function messagesOf(stream: OutputStream, at: number, length: number, dropping: boolean): LogMessage[] {
  const messages: LogMessage[] = [];
  let rest = length;
  for (; rest >= PIECE; rest -= PIECE) messages.push({ stream, at, stamp: '', bytes: Buffer.alloc(PIECE, 'x') });
  const isCut = messages.length > 0;
  messages.push({ stream, at, stamp: '', bytes: Buffer.from('x'.repeat(rest) + (isCut && dropping ? '' : '\n')) });
  return messages;
}

const textOf = (messages: readonly LogMessage[], stream: OutputStream): string =>
  Buffer.concat(messages.filter((each) => each.stream === stream).map(({ bytes }) => bytes)).toString();

describe('the line ends of a log', () => {
  test('are those that the job wrote, on engines that drop some of them and on those that do not', () => {
    const length = fc.oneof(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: PIECE - 2, max: PIECE + 2 }),
      fc.integer({ min: 0, max: 3 * PIECE }),
    );
    const written = fc.array(fc.record({ stream: fc.constantFrom<OutputStream[]>('stdout', 'stderr'), length }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(written, fc.boolean(), (some, dropping) => {
        // Something short at the end of both streams: what follows a last long line is all that can't be known.
        const all = [...some, { stream: 'stdout' as const, length: 0 }, { stream: 'stderr' as const, length: 0 }];
        const restore = createLineEnds();
        const read = all
          .flatMap(({ stream, length: each }, at) => messagesOf(stream, at, each, dropping))
          .flatMap(restore);
        for (const stream of ['stdout', 'stderr'] as const) {
          const expected = all.filter((each) => each.stream === stream).map((each) => `${'x'.repeat(each.length)}\n`);
          expect(textOf(read, stream) === expected.join('')).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('are not made up at the end of the output', () => {
    const restore = createLineEnds();
    const read = messagesOf('stdout', 1, PIECE + 5, true).flatMap(restore);
    expect(textOf(read, 'stdout')).toBe('x'.repeat(PIECE + 5));
  });

  test('are not made up between pieces of another engine, which have other sizes and times', () => {
    const restore = createLineEnds();
    const pieces = [8192, 8192, 100].map((length, at) => ({
      stream: 'stdout' as const,
      at,
      stamp: '',
      bytes: Buffer.alloc(length, 'x'),
    }));
    expect(textOf(pieces.flatMap(restore), 'stdout')).toBe('x'.repeat(16_484));
  });
});
