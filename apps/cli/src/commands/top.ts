import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { writeJson, writeLines } from '../output/write-json.ts';
import { loadOverview } from '../top/load-overview.ts';
import { overviewToJson } from '../top/overview-json.ts';
import { renderOverview } from '../top/render-overview.ts';
import { watchOverview } from '../top/watch-overview.ts';
import { Interruptions } from './interruptions.ts';

interface TopOptions {
  readonly once?: true;
  readonly json?: true;
  /** Milliseconds. */
  readonly interval: number;
}

/** How many jobs and workers are shown where nothing bounds them. */
const ROWS = 50;

/** `hodei top`. */
export function addTopCommand(parent: Command, cli: Cli): void {
  parent
    .command('top')
    .summary('watch jobs, workers, pools, queues and providers')
    .description(
      'Shows what runs and what waits, as it changes; without a terminal, once. "q" ends it, space freezes it.',
    )
    .option('--once', 'print it once and end')
    .option('--json', 'print it once, as a JSON document')
    .option(
      '--interval <duration>',
      'the longest until it looks again, also where no change was told; like 5s',
      (text) => parseDuration('--interval', text),
      2000,
    )
    .action(async ({ once, json, interval }: TopOptions) => {
      using interruptions = new Interruptions();
      await using backend = cli.openBackend({ quiet: true });
      if (json) return await writeJson(cli.stdout, overviewToJson(await loadOverview(backend, ROWS)));
      await using screen = once ? undefined : await cli.openScreen();
      if (screen === undefined) {
        const overview = await loadOverview(backend, ROWS);
        const { width } = cli.out;
        return await writeLines(cli.stdout, renderOverview(overview, cli, width === undefined ? {} : { width }));
      }
      await watchOverview(cli, backend, screen, { intervalMs: interval, signal: interruptions.first });
      if (interruptions.first.aborted) cli.exitCode = EXIT.cancelled;
      return undefined;
    });
}
