import type { Failure } from '../bench.ts';
import type { Row } from '../measure/row.ts';

/** The rows as a table in Markdown, and what failed below them. */
export function formatTable(rows: readonly Row[], failures: readonly Failure[] = []): string {
  const cells = rows.map((row) => [
    row.what,
    `${number(row.ours.p50)} (${number(row.ours.p99)}) ${row.unit}`,
    row.against === null ? '' : `${number(row.against.p50)} (${number(row.against.p99)}) ${row.unit}`,
    row.against?.name ?? '',
    row.ratio === null ? '' : `${row.ratio.toFixed(2)}`,
    row.target ?? '',
    row.met === null ? '' : row.met ? 'yes' : '**no**',
  ]);
  return [
    '| what | ours: median (p99) | against: median (p99) | which is | ratio | target | met |',
    '|---|---|---|---|---|---|---|',
    ...cells.map((line) => `| ${line.join(' | ')} |`),
    ...failures.map(({ name, why }) => `| ${name} | failed: ${why} |  |  |  |  | **no** |`),
  ].join('\n');
}

/** Three digits that count. */
export const number = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
