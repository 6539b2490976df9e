import { JOB_STATES, type Job, type JobState } from '@hodei/domain';
import type { Command } from 'commander';
import { jobToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { defined } from '../defined.ts';
import { collect, collectEach } from '../options/collect.ts';
import { parseChoice } from '../options/parse-choice.ts';
import { parseWhole } from '../options/parse-number.ts';
import { parseLabels } from '../options/parse-pairs.ts';
import { shortEnd } from '../output/explain-end.ts';
import { formatAge, formatDuration } from '../output/format-time.ts';
import { paintState } from '../output/paint-state.ts';
import { quoteWords } from '../output/quote-words.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { listAll } from './list-all.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

interface ListOptions extends RowsOptions {
  readonly state?: readonly JobState[];
  readonly limit: number;
  readonly label?: readonly string[];
  readonly name?: string;
}

export function addJobsLsCommand(parent: Command, cli: Cli): void {
  const command = parent.command('ls').description('Lists jobs, the newest first.');
  addRowsOptions(command, 'ids')
    .option(
      '--state <state>',
      `only jobs in this state; may be repeated: ${JOB_STATES.join(', ')}`,
      collectEach((text) => parseChoice('--state', text, JOB_STATES)),
    )
    .option('--limit <number>', 'at most so many', (text) => parseWhole('--limit', text, 1, 1_000_000), 50)
    .option('-l, --label <name=value>', 'only jobs with this label; may be repeated', collect)
    .option('--name <name>', 'only jobs with this name')
    .action(async (options: ListOptions) => {
      const { state: states, name } = options;
      const labels = parseLabels('--label', options.label ?? []);
      const query = { labels, ...defined({ states, name }) };
      await using backend = cli.openBackend();
      const jobs = await listAll((page) => backend.listJobs({ ...query, ...page }), options.limit);
      await writeRows(cli, options, jobs, { columns: columns(cli), nameOf: ({ id }) => id, toJson: jobToJson });
    });
}

const columns = ({ now, out }: Cli): readonly Column<Job>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ spec }) => oneLine(spec.name ?? '-'), shrink: 2 },
  { title: 'STATE', value: ({ state }) => paintState(out, state) },
  { title: 'END', value: ({ outcome }) => (outcome === undefined ? '-' : shortEnd(outcome)), shrink: 3 },
  { title: 'AGE', value: ({ createdAt }) => formatAge(createdAt, now()), align: 'right', shrink: 1 },
  { title: 'RAN', value: (job) => ran(job, now()), align: 'right', shrink: 4 },
  { title: 'IMAGE', value: ({ spec }) => oneLine(spec.image), shrink: 6 },
  { title: 'COMMAND', value: ({ spec }) => quoteWords(spec.command ?? []) || '-', shrink: 5 },
];

function ran({ startedAt, finishedAt }: Job, now: number): string {
  return startedAt === undefined ? '-' : formatDuration((finishedAt ?? now) - startedAt);
}
