import type { PoolView, WorkerView } from '@hodei/application';
import { isTerminalJobState, type Job, type QueueView } from '@hodei/domain';

import type { ProviderLoad } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { shortEnd } from '../output/explain-end.ts';
import { formatAge, formatDuration } from '../output/format-time.ts';
import { paintState } from '../output/paint-state.ts';
import { quoteWords } from '../output/quote-words.ts';
import { renderTable, type Column } from '../output/table.ts';
import { oneLine, shorten } from '../output/width.ts';
import type { Overview } from './load-overview.ts';
import { shareLines } from './share-lines.ts';

/** How much room there is; absent where there is no bound. */
export interface Room {
  readonly width?: number;
  readonly height?: number;
}

type Look = Pick<Cli, 'now' | 'out'>;

/** The tables of an overview, one below the other, in no more lines and columns than there are. */
export function renderOverview(overview: Overview, look: Look, { width, height }: Room = {}): readonly string[] {
  const tables = [
    table(PROVIDERS, overview.providers, width),
    table(QUEUES, overview.queues, width),
    table(POOLS, overview.pools, width),
    table(workerColumns(look), overview.workers, width),
    table(jobColumns(look), overview.jobs, width),
  ].filter((lines) => lines.length > 0);
  const summary = shorten(summarize(overview), width ?? Number.MAX_SAFE_INTEGER);
  if (height === undefined) return [summary, ...tables.flatMap((lines) => ['', ...lines])];
  // Each with the empty line before it.
  const shares = shareLines(
    tables.map((lines) => lines.length + 1),
    height - 1,
  );
  return [
    summary,
    ...tables.flatMap((lines, index) => {
      const share = (shares[index] ?? 0) - 1;
      // A line of titles alone says nothing.
      return share < 2 ? [] : ['', ...cut(lines, share)];
    }),
  ].slice(0, height);
}

const table = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[] = [],
  width: number | undefined,
): readonly string[] => (rows.length === 0 ? [] : renderTable(columns, rows, width));

/** The first lines, and how many more there are. */
function cut(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more`];
}

function summarize({ jobs, workers, queues }: Overview): string {
  const shown = jobs.filter(({ state }) => !isTerminalJobState(state));
  const pending = queues?.reduce((sum, queue) => sum + queue.pending, 0);
  const inFlight = queues?.reduce((sum, queue) => sum + queue.inFlight, 0);
  const waiting = pending ?? shown.filter(({ state }) => state === 'pending').length;
  const parts = [`${inFlight ?? shown.length - waiting} jobs in flight`, `${waiting} pending`];
  if (workers !== undefined) parts.push(`${workers.length} workers`);
  return `hodei: ${parts.join(', ')}`;
}

const jobColumns = ({ now, out }: Look): readonly Column<Job>[] => [
  { title: 'JOB', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => paintState(out, state) },
  { title: 'FOR', value: ({ stateChangedAt }) => formatAge(stateChangedAt, now()), align: 'right', shrink: 1 },
  { title: 'RAN', value: (job) => ran(job, now()), align: 'right', shrink: 3 },
  { title: 'END', value: ({ outcome }) => (outcome === undefined ? '-' : shortEnd(outcome)), shrink: 4 },
  { title: 'NAME', value: ({ spec }) => oneLine(spec.name ?? '-'), shrink: 2 },
  { title: 'QUEUE', value: ({ spec }) => spec.queue, shrink: 6 },
  { title: 'COMMAND', value: ({ spec }) => quoteWords(spec.command ?? []) || '-', shrink: 5 },
];

function ran({ startedAt, finishedAt }: Job, now: number): string {
  return startedAt === undefined ? '-' : formatDuration((finishedAt ?? now) - startedAt);
}

const workerColumns = ({ now, out }: Look): readonly Column<WorkerView>[] => [
  { title: 'WORKER', value: ({ worker: { id } }) => id },
  { title: 'STATE', value: ({ worker: { state } }) => paintState(out, state) },
  {
    title: 'FOR',
    value: ({ worker: { stateChangedAt } }) => formatAge(stateChangedAt, now()),
    align: 'right',
    shrink: 1,
  },
  { title: 'HEALTH', value: ({ health }) => health.status, shrink: 2 },
  { title: 'POOL', value: ({ worker: { pool } }) => pool ?? '-', shrink: 3 },
  { title: 'IMAGE', value: ({ worker: { image } }) => oneLine(image), shrink: 3 },
  { title: 'JOB', value: ({ worker: { jobId } }) => jobId ?? '-', shrink: 4 },
];

const POOLS: readonly Column<PoolView>[] = [
  { title: 'POOL', value: ({ pool }) => pool.name },
  { title: 'IDLE', value: ({ idle }) => String(idle), align: 'right' },
  { title: 'WANTED', value: ({ pool }) => `${pool.minIdle}-${pool.maxIdle}`, align: 'right' },
  { title: 'BUSY', value: ({ busy }) => String(busy), align: 'right' },
  { title: 'OTHER', value: ({ other }) => String(other), align: 'right' },
  { title: 'IMAGE', value: ({ pool }) => oneLine(pool.template.image), shrink: 1 },
];

const QUEUES: readonly Column<QueueView>[] = [
  { title: 'QUEUE', value: ({ name }) => name },
  { title: 'PENDING', value: ({ pending }) => String(pending), align: 'right' },
  {
    title: 'IN FLIGHT',
    value: ({ inFlight, maxInFlight }) => `${inFlight}${maxInFlight === undefined ? '' : `/${maxInFlight}`}`,
    align: 'right',
  },
  { title: 'WEIGHT', value: ({ weight }) => String(weight), align: 'right' },
  { title: '', value: ({ paused }) => (paused ? 'paused' : '') },
];

const PROVIDERS: readonly Column<ProviderLoad>[] = [
  { title: 'PROVIDER', value: ({ name }) => name },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'WORKERS', value: ({ liveWorkers, maxWorkers }) => `${liveWorkers}/${maxWorkers}`, align: 'right' },
];
