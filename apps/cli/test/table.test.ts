import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { renderTable, type Column } from '../src/output/table.ts';
import { oneLine, shorten, visibleLength } from '../src/output/width.ts';

interface Row {
  readonly id: string;
  readonly note: string;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NOTE', value: ({ note }) => note, shrink: 1 },
  { title: 'N', value: ({ count }) => String(count), align: 'right' },
];

describe('a table', () => {
  test('has its columns one below the other', () => {
    const rows = [
      { id: 'a', note: 'short', count: 5 },
      { id: 'bbb', note: 'a longer one', count: 12 },
    ];
    expect(renderTable(COLUMNS, rows)).toEqual([
      'ID   NOTE           N',
      'a    short          5',
      'bbb  a longer one  12',
    ]);
  });

  test('shows its titles where there is no row', () => {
    expect(renderTable(COLUMNS, [])).toEqual(['ID  NOTE  N']);
  });

  test('fits into a terminal where a column may shrink', () => {
    const lines = renderTable(COLUMNS, [{ id: 'abc', note: 'x'.repeat(100), count: 1 }], 30);
    expect(lines.every((line) => visibleLength(line) <= 30)).toBe(true);
    expect(lines[1]).toBe(`abc  ${'x'.repeat(21)}…  1`);
  });

  test('leaves columns out before it cuts those that matter, and is never wider than the terminal', () => {
    const row = { id: 'i'.repeat(36), note: 'some words', count: 1 };
    expect(renderTable(COLUMNS, [row], 47)[1]).toBe(`${row.id}  some …  1`);
    expect(renderTable(COLUMNS, [row], 46)).toEqual([`ID${' '.repeat(36)}N`, `${row.id}  1`]);
    expect(renderTable(COLUMNS, [row], 20)[1]).toBe(`${'i'.repeat(16)}…  1`);
  });

  test('fits whatever it is to show', () => {
    const anything = fc.record({
      rows: fc.array(
        fc.record({
          id: fc.string({ unit: 'grapheme' }),
          note: fc.string({ unit: 'grapheme', maxLength: 80 }),
          count: fc.nat(),
        }),
        { maxLength: 3 },
      ),
      width: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(anything, ({ rows, width }) => {
        const lines = renderTable(COLUMNS, rows, width);
        expect(lines.filter((line) => visibleLength(line) > width)).toEqual([]);
      }),
    );
  });

  test('is not cut where it goes to a file', () => {
    expect(renderTable(COLUMNS, [{ id: 'a', note: 'x'.repeat(500), count: 1 }])[1]).toContain('x'.repeat(500));
  });

  test('does not count what only colours', () => {
    const row = { id: '\u001b[32mok\u001b[39m', note: 'n', count: 1 };
    expect(renderTable(COLUMNS, [row])[1]).toBe('\u001b[32mok\u001b[39m  n     1');
  });
});

test('a shortened text is as wide as it may be', () => {
  expect(shorten('abcdef', 4)).toBe('abc…');
  expect(shorten('abcd', 4)).toBe('abcd');
  expect(shorten('äöü😀x', 4)).toBe('äöü…');
  // Wide characters take two columns, and what a person sees as one is not taken apart.
  expect(shorten('図書館です', 5)).toBe('図書…');
  expect(shorten('👩‍🔬👩‍🔬👩‍🔬', 3)).toBe('👩‍🔬…');
  expect(visibleLength('e\u0301')).toBe(1);
});

test('a line that goes to a terminal holds nothing that moves its cursor', () => {
  expect(oneLine('a\nb\u001b[2Jc\u009bd\u007f\u202e')).toBe(String.raw`a\nb\u001b[2Jc\u009bd\u007f\u202e`);
  expect(oneLine('\u2066a\u2069\u200f\u2028')).toBe(String.raw`\u2066a\u2069\u200f\u2028`);
});
