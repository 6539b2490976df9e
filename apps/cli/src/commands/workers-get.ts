import { parseWorkerId, type Worker } from '@hodei/domain';
import type { Command } from 'commander';
import { formatMoment, workerToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { renderDetails } from '../output/details.ts';
import { explainEnd } from '../output/explain-end.ts';
import { formatAge } from '../output/format-time.ts';
import { paintState } from '../output/paint-state.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

export function addWorkersGetCommand(parent: Command, cli: Cli): void {
  parent
    .command('get')
    .description('Shows a worker.')
    .argument('<id>', 'id of the worker')
    .option('--json', 'print a JSON document')
    .action(async (id: string, options: { readonly json?: true }) => {
      const workerId = parseWorkerId(id);
      await using backend = cli.openBackend();
      const worker = await backend.getWorker(workerId);
      if (options.json) return await writeJson(cli.stdout, workerToJson(worker));
      return await writeLines(cli.stdout, renderWorker(worker, cli));
    });
}

const renderWorker = (worker: Worker, { out, now }: Cli): readonly string[] =>
  renderDetails([
    ['id', worker.id],
    [
      'state',
      `${paintState(out, worker.state)}${worker.termination === undefined ? '' : `: ${oneLine(explainEnd(worker.termination))}`}`,
    ],
    ['image', worker.image],
    ['job', worker.jobId],
    ['provider', worker.providerId],
    ["engine's id", worker.handle?.resourceId],
    ['created', `${formatMoment(worker.createdAt)} (${formatAge(worker.createdAt, now())} ago)`],
    ['state since', formatMoment(worker.stateChangedAt)],
    ['expires', formatMoment(worker.expiresAt)],
  ]);
