import type { OutputChunk } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  createPlacedOutput,
  knownAfter,
  NOTHING_KNOWN,
  type KnownOutput,
} from '../../../src/docker/output/output-place.ts';
import { createOutputSearch } from '../../../src/docker/output/output-search.ts';

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '\n'), minLength: 0, maxLength: 400 });
const anySizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 10 });

function pieces(text: string, sizes: readonly number[]): readonly Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0, index = 0; at < text.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    all.push(Buffer.from(text.slice(at, at + size)));
    at += size;
  }
  return all;
}

/** With a star wherever the mask has one. */
const masked = (text: string, mask: readonly boolean[]): Buffer =>
  Buffer.from(Array.from(text, (char, index) => (mask[index] === true ? '*' : char)).join(''));

describe('a search in a log', () => {
  test('finds the one place where the known bytes end, whatever is hidden of them and however they arrive', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anySizes, fc.array(fc.boolean()), (before, known, after, sizes, mask) => {
        const pattern = masked(known, mask);
        const search = createOutputSearch(pattern);
        const log = before + known + after;
        for (const piece of pieces(log, sizes)) search.push(piece);
        const ends = [];
        for (let at = 0; at + known.length <= log.length; at += 1)
          if (Array.from(pattern.toString()).every((char, i) => char === '*' || char === log[at + i]))
            ends.push(at + known.length);
        const { end, length } = search.result();
        expect(length).toBe(log.length);
        if (known.length < 32 || pattern.every((byte) => byte === 0x2a)) expect(ends.includes(end ?? -1)).toBe(false);
        else expect(end).toBe(ends.length === 1 ? ends[0] : undefined);
      }),
    );
  });

  test('finds its place where the log begins in the midst of the known bytes', () => {
    const known = 'the quick brown fox jumps over the lazy dog';
    const search = createOutputSearch(Buffer.from(known));
    search.push(Buffer.from(`${known.slice(7)} and on`));
    expect(search.result()).toMatchObject({ end: known.length - 7 });
  });

  test('does not take a few bytes for the known ones', () => {
    const search = createOutputSearch(Buffer.from('short\n'));
    search.push(Buffer.from('short\nshort\n'));
    expect(search.result()).toEqual({ length: 12 });
  });
});

describe('output in its place', () => {
  const stdout = (offset: number, text: string): OutputChunk => ({
    stream: 'stdout',
    offset,
    bytes: Buffer.from(text),
    at: 0,
  });
  const knownOf = (text: string): KnownOutput => knownAfter(NOTHING_KNOWN, stdout(0, text));

  test('is what follows what is known', () => {
    fc.assert(
      fc.property(anyText, anyText, anySizes, (known, more, sizes) => {
        const placed = createPlacedOutput(knownOf(known), undefined);
        let offset = 0;
        const out: OutputChunk[] = [];
        for (const piece of pieces(known + more, sizes)) {
          out.push(...placed.push(stdout(offset, piece.toString())));
          offset += piece.length;
        }
        expect(Buffer.concat(out.map(({ bytes }) => bytes)).toString()).toBe(more);
        expect(out[0]?.offset ?? known.length).toBe(known.length);
        expect([placed.differsAt('stdout'), placed.isShort('stdout')]).toEqual([undefined, false]);
      }),
    );
  });

  test('is none where the log has something else before: that is said', () => {
    const placed = createPlacedOutput(knownOf('one two three '), undefined);
    expect(placed.push(stdout(0, 'one three four five six'))).toEqual([]);
    expect(placed.differsAt('stdout')).toBe(5);
  });

  test('is less than what is known where the log has lost its end', () => {
    const placed = createPlacedOutput(knownOf('one two three\n'), undefined);
    placed.push(stdout(0, 'one two'));
    expect(placed.isShort('stdout')).toBe(true);
    // The newline that older engines drop is no loss.
    placed.push(stdout(7, ' three'));
    expect(placed.isShort('stdout')).toBe(false);
  });

  test('goes on behind a gap with its own offsets', () => {
    const places = { stdout: { start: 3, hasGap: true }, stderr: { start: 0, hasGap: false } };
    const placed = createPlacedOutput(knownOf('known'), places);
    expect(placed.gaps(7)).toMatchObject([{ stream: 'stdout', offset: 5, at: 7, gap: { reason: 'log_lost' } }]);
    expect(placed.push(stdout(0, 'oldnew'))).toMatchObject([{ offset: 5, bytes: Buffer.from('new') }]);
    expect(placed.push(stdout(6, 'er'))).toMatchObject([{ offset: 8 }]);
  });
});
