import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { renderTable, type Column } from '../output/table.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

/** How a listing is to be printed. */
export interface RowsOptions {
  readonly json?: true;
  readonly quiet?: true;
}

/** @param names what a row is known by, like `ids`. */
export const addRowsOptions = (command: Command, names: 'ids' | 'keys' | 'names'): Command =>
  command.option('--json', 'print a JSON array').option('-q, --quiet', `print ${names} only`);

/** Prints a listing: as one JSON array, as the names of its rows, or as a table that fits the terminal. */
export function writeRows<Row>(
  { stdout, out }: Pick<Cli, 'stdout' | 'out'>,
  { json, quiet }: RowsOptions,
  rows: readonly Row[],
  how: {
    readonly columns: readonly Column<Row>[];
    readonly nameOf: (row: Row) => string;
    readonly toJson: (row: Row) => unknown;
  },
): Promise<void> {
  if (json) return writeJson(stdout, rows.map(how.toJson));
  return writeLines(stdout, quiet ? rows.map(how.nameOf) : renderTable(how.columns, rows, out.width));
}
