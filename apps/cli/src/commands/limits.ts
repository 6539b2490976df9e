import type { KeyLimitView } from '@hodei/domain';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { parseWhole } from '../options/parse-number.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

/** `hodei limits ls|set|rm`. */
export function addLimitCommands(parent: Command, cli: Cli): void {
  const ls = parent
    .command('ls')
    .description('Lists how many jobs with a concurrency key may run at once, and how many do.');
  addRowsOptions(ls, 'keys').action(async (options: RowsOptions) => {
    await using backend = cli.openBackend();
    const limits = await backend.listLimits();
    await writeRows(cli, options, limits, { columns: COLUMNS, nameOf: ({ key }) => key, toJson: (limit) => limit });
  });
  const set = parent.command('set').description('Limits how many jobs with a concurrency key run at once.');
  addChangeOptions(set)
    .argument('<key>', "the key; '*' counts every job")
    .argument('<max-in-flight>', 'how many', (text) => parseWhole('max-in-flight', text, 1, 1_000_000))
    .action(async (key: string, maxInFlight: number, options: ChangeOptions) => {
      await using backend = cli.openBackend();
      const limit = await backend.putLimit({ key, maxInFlight });
      await tellChange(cli, options, `${limit.key} at most ${limit.maxInFlight} in flight`, () => limit);
    });
  parent
    .command('rm')
    .description('Takes a limit away.')
    .argument('<key>', 'the key')
    .action(async (key: string) => {
      await using backend = cli.openBackend();
      await backend.deleteLimit(key);
    });
}

const COLUMNS: readonly Column<KeyLimitView>[] = [
  { title: 'KEY', value: ({ key }) => oneLine(key) },
  { title: 'IN FLIGHT', value: ({ inFlight, maxInFlight }) => `${inFlight}/${maxInFlight}`, align: 'right' },
];
