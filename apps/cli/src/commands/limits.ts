import type { KeyLimitView } from '@hodei/domain';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { parseWhole } from '../options/parse-number.ts';
import { renderTable, type Column } from '../output/table.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

/** `hodei limits ls|set|rm`. */
export function addLimitCommands(parent: Command, cli: Cli): void {
  parent
    .command('ls')
    .description('Lists how many jobs with a concurrency key may run at once, and how many do.')
    .option('--json', 'print a JSON array')
    .action(async ({ json }: { readonly json?: true }) => {
      await using backend = cli.openBackend();
      const limits = await backend.listLimits();
      if (json) return await writeJson(cli.stdout, limits);
      return await writeLines(cli.stdout, renderTable(COLUMNS, limits, cli.out.width));
    });
  parent
    .command('set')
    .description('Limits how many jobs with a concurrency key run at once.')
    .argument('<key>', "the key; '*' counts every job")
    .argument('<max-in-flight>', 'how many', (text) => parseWhole('max-in-flight', text, 1, 1_000_000))
    .action(async (key: string, maxInFlight: number) => {
      await using backend = cli.openBackend();
      const limit = await backend.putLimit({ key, maxInFlight });
      await cli.stdout.write(`${limit.key} at most ${limit.maxInFlight} in flight\n`);
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
  { title: 'KEY', value: ({ key }) => key },
  { title: 'IN FLIGHT', value: ({ inFlight, maxInFlight }) => `${inFlight}/${maxInFlight}`, align: 'right' },
];
