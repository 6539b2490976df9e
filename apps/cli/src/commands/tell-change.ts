import { HodeiError } from '@hodei/domain';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeJsonLine, writeLines } from '../output/write-json.ts';

/** How a change is to be told of. */
export interface ChangeOptions {
  readonly json?: true;
  readonly quiet?: true;
}

/** @param options.many the command changes several things: then each is a JSON document on a line of its own. */
export const addChangeOptions = (command: Command, { many = false } = {}): Command =>
  command
    .option('--json', many ? 'print a JSON document a line for each' : 'print what it is now, as a JSON document')
    .option('-q, --quiet', 'say nothing about what came of it');

/** Of a change that names nothing to change. */
export const nothingToChange = (): HodeiError =>
  new HodeiError('invalid_input', 'nothing is to be changed; give at least one option, see --help');

/** Tells of something that was changed. @param json what it is now; only asked for where it is wanted. */
export async function tellChange(
  { stdout }: Pick<Cli, 'stdout'>,
  options: ChangeOptions,
  words: string,
  json: () => unknown,
  { many = false } = {},
): Promise<void> {
  if (options.json) return await (many ? writeJsonLine : writeJson)(stdout, await json());
  if (!options.quiet) await writeLines(stdout, [oneLine(words)]);
}
