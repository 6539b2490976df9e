import type { WorkerView } from '@hodei/application';
import { WORKER_STATES, type WorkerState } from '@hodei/domain';
import type { Command } from 'commander';
import { workerToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { collectEach } from '../options/collect.ts';
import { parseChoice } from '../options/parse-choice.ts';
import { parseWhole } from '../options/parse-number.ts';
import { shortEnd } from '../output/explain-end.ts';
import { formatAge } from '../output/format-time.ts';
import { paintState } from '../output/paint-state.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { listAll } from './list-all.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

interface ListOptions extends RowsOptions {
  readonly state?: readonly WorkerState[];
  readonly all?: true;
  readonly limit: number;
}

const LIVE = WORKER_STATES.filter((state) => state !== 'terminated');

export function addWorkersLsCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('ls')
    .description('Lists workers, the newest first; those that are gone only with --all.');
  addRowsOptions(command, 'ids')
    .option(
      '--state <state>',
      `only workers in this state; may be repeated: ${WORKER_STATES.join(', ')}`,
      collectEach((text) => parseChoice('--state', text, WORKER_STATES)),
    )
    .option('-a, --all', 'also those that are gone')
    .option('--limit <number>', 'at most so many', (text) => parseWhole('--limit', text, 1, 1_000_000), 50)
    .action(async (options: ListOptions) => {
      const states = options.state ?? (options.all ? WORKER_STATES : LIVE);
      await using backend = cli.openBackend();
      const workers = await listAll((page) => backend.listWorkers({ states, ...page }), options.limit);
      const nameOf = ({ worker: { id } }: WorkerView): string => id;
      await writeRows(cli, options, workers, { columns: columns(cli), nameOf, toJson: workerToJson });
    });
}

const columns = ({ now, out }: Cli): readonly Column<WorkerView>[] => [
  { title: 'ID', value: ({ worker: { id } }) => id },
  { title: 'STATE', value: ({ worker: { state } }) => paintState(out, state) },
  { title: 'HEALTH', value: ({ worker, health }) => (worker.state === 'terminated' ? '-' : health.status), shrink: 2 },
  { title: 'AGE', value: ({ worker: { createdAt } }) => formatAge(createdAt, now()), align: 'right', shrink: 1 },
  { title: 'IMAGE', value: ({ worker: { image } }) => oneLine(image), shrink: 5 },
  { title: 'JOB', value: ({ worker: { jobId } }) => jobId ?? '-', shrink: 4 },
  {
    title: 'END',
    value: ({ worker: { termination } }) => (termination === undefined ? '-' : shortEnd(termination)),
    shrink: 3,
  },
];
