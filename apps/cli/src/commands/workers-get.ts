import type { WorkerView } from '@hodei/application';
import { parseWorkerId } from '@hodei/domain';
import type { Command } from 'commander';
import { formatMoment, workerToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { renderDetails } from '../output/details.ts';
import { explainEnd } from '../output/explain-end.ts';
import { explainHealth } from '../output/explain-health.ts';
import { formatAgo, formatDuration } from '../output/format-time.ts';
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

const renderWorker = ({ worker, health }: WorkerView, { out, now }: Cli): readonly string[] =>
  renderDetails([
    ['id', worker.id],
    [
      'state',
      `${paintState(out, worker.state)}${worker.termination === undefined ? '' : `: ${oneLine(explainEnd(worker.termination))}`}`,
    ],
    [
      'health',
      worker.state === 'terminated'
        ? undefined
        : oneLine(explainHealth(health, (since) => formatDuration(now() - since))),
    ],
    ['reports', worker.heartbeat && oneLine(worker.heartbeat.progress ?? formatMoment(worker.heartbeat.at))],
    ['asked for', worker.endRequest && oneLine(`${worker.endRequest.kind}, by ${worker.endRequest.by}`)],
    ['image', worker.image],
    ['job', worker.jobId],
    ['provider', worker.providerId],
    ["engine's id", worker.handle?.resourceId],
    ['created', `${formatMoment(worker.createdAt)} (${formatAgo(worker.createdAt, now())})`],
    ['last seen', worker.lastSeenAt === undefined ? undefined : formatMoment(worker.lastSeenAt)],
    ['state since', formatMoment(worker.stateChangedAt)],
    ['expires', formatMoment(worker.expiresAt)],
  ]);
