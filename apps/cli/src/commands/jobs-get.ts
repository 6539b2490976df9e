import type { JobDescription } from '@hodei/application';
import { parseJobId, type Attempt, type Job, type Outcome } from '@hodei/domain';
import type { Command } from 'commander';
import { formatMoment, jobDescriptionToJson, phaseDurations } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { renderDetails, type Detail } from '../output/details.ts';
import { explainEnd } from '../output/explain-end.ts';
import { explainGap } from '../output/explain-gap.ts';
import { formatSize } from '../output/format-size.ts';
import { formatAgo } from '../output/format-time.ts';
import { paintState } from '../output/paint-state.ts';
import { quoteWords } from '../output/quote-words.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

export function addJobsGetCommand(parent: Command, cli: Cli): void {
  parent
    .command('get')
    .description('Shows a job: its state, what it waits for, its attempts with the time each phase took, how it ended.')
    .argument('<id>', 'id of the job')
    .option('--json', 'print a JSON document')
    .action(async (id: string, options: { readonly json?: true }) => {
      const jobId = parseJobId(id);
      await using backend = cli.openBackend();
      const description = await backend.describe(jobId);
      if (options.json) return await writeJson(cli.stdout, jobDescriptionToJson(description));
      return await writeLines(cli.stdout, renderJob(description, cli));
    });
}

/** A job for people. */
export function renderJob(
  { job, attempts, gaps, waitingFor }: JobDescription,
  { out, now }: Pick<Cli, 'out' | 'now'>,
): readonly string[] {
  const { spec } = job;
  const moment = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : `${formatMoment(at)} (${formatAgo(at, now())})`;
  const details: readonly Detail[] = [
    ['id', job.id],
    ['name', spec.name === undefined ? undefined : oneLine(spec.name)],
    [
      'state',
      `${paintState(out, job.state)}${job.outcome === undefined ? '' : `: ${oneLine(explainEnd(job.outcome))}`}`,
    ],
    ['waiting for', waitingFor && oneLine(waitingFor)],
    ['queue', queueOf(job)],
    ['image', spec.image],
    ['command', spec.command === undefined ? undefined : quoteWords(spec.command)],
    ['limits', limits(job)],
    ['network', spec.network],
    ['secrets', spec.secretNames.join(', ') || undefined],
    [
      'labels',
      Object.entries(spec.labels)
        .map(([key, value]) => oneLine(`${key}=${value}`))
        .join(', ') || undefined,
    ],
    ['created', moment(job.createdAt)],
    ['started', moment(job.startedAt)],
    ['finished', moment(job.finishedAt)],
    ['cancel asked', job.cancelRequest && `${formatMoment(job.cancelRequest.at)} by ${oneLine(job.cancelRequest.by)}`],
  ];
  return [...renderDetails(details), ...attempts.flatMap((attempt) => ['', ...renderAttempt(attempt, gaps)])];
}

function renderAttempt(attempt: Attempt, gaps: JobDescription['gaps']): readonly string[] {
  const { outcome, phases, acknowledged } = attempt;
  const timings = phaseDurations(phases).map(({ name, durationMs }) => `${name} ${durationMs} ms`);
  const details: readonly Detail[] = [
    ['end', outcome && oneLine(explainEnd(outcome))],
    ['evidence', outcome && evidence(outcome)],
    ['phases', timings.join(', ') || undefined],
    ['output', `${formatSize(acknowledged.stdout)} on stdout, ${formatSize(acknowledged.stderr)} on stderr`],
    ...gaps
      .filter(({ attemptId }) => attemptId === attempt.id)
      .map(({ stream, offset, gap }): Detail => ['missing', gap && `at ${offset}: ${explainGap(stream, gap)}`]),
    ['worker', attempt.workerId],
    ...attempt.warnings.map((warning): Detail => ['warning', oneLine(warning)]),
  ];
  return [`attempt ${attempt.number}`, ...renderDetails(details, '  ')];
}

/** The message stands in the end already. */
function evidence({ cause, evidence: all }: Outcome): string {
  const facts = Object.entries(all).filter(([name]) => name !== 'message');
  return [`cause ${cause}`, ...facts.map(([name, value]) => `${name} ${oneLine(String(value))}`)].join(', ');
}

function queueOf({ spec: { queue, tenant, concurrencyKey, priority } }: Job): string {
  const parts = [
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...(concurrencyKey === undefined ? [] : [`key ${concurrencyKey}`]),
    ...(priority === 0 ? [] : [`priority ${priority}`]),
  ];
  return [queue, ...parts].join(', ');
}

function limits({ spec: { resources, timeoutMs, retry } }: Job): string | undefined {
  const { cpu, memoryBytes, pids } = resources;
  const parts = [
    ...(cpu === undefined ? [] : [`${cpu} CPUs`]),
    ...(memoryBytes === undefined ? [] : [formatSize(memoryBytes)]),
    ...(pids === undefined ? [] : [`${pids} pids`]),
    ...(timeoutMs === undefined ? [] : [`${timeoutMs} ms`]),
    ...(retry.maxAttempts === 1 ? [] : [`${retry.maxAttempts} attempts`]),
  ];
  return parts.join(', ') || undefined;
}
