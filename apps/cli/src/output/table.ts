import { shorten, visibleLength } from './width.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** May be made narrower where the line is too long, those with the higher number first; absent: never. */
  readonly shrink?: number;
  readonly align?: 'right';
}

const GAP = '  ';
/** No column is made narrower than this. */
const LEAST_WIDTH = 6;

/** Lines of a table with its titles; with a width, none of them is longer where the columns may shrink enough. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width?: number,
): readonly string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.value(row)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => visibleLength(line[index] ?? ''))));
  if (width !== undefined) shrinkTo(columns, widths, width);
  return cells.map((line) =>
    line
      .map((cell, index) => pad(shorten(cell, widths[index] ?? 0), widths[index] ?? 0, columns[index]?.align))
      .join(GAP)
      .trimEnd(),
  );
}

function shrinkTo<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  const inOrder = columns
    .map(({ shrink, title }, index) => ({ shrink, index, least: Math.max(LEAST_WIDTH, title.length) }))
    .filter(({ shrink }) => shrink !== undefined)
    .toSorted((a, b) => (b.shrink ?? 0) - (a.shrink ?? 0));
  let tooMuch = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1)) - width;
  for (const { index, least } of inOrder) {
    if (tooMuch <= 0) return;
    const before = widths[index] ?? 0;
    const after = Math.max(Math.min(before, least), before - tooMuch);
    widths[index] = after;
    tooMuch -= before - after;
  }
}

function pad(text: string, width: number, align: 'right' | undefined): string {
  const blank = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'right' ? blank + text : text + blank;
}
