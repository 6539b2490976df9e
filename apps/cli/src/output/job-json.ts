import type { JobDescription } from '@hodei/application';
import type { Attempt, Job, Outcome } from '@hodei/domain';

import { phaseDurations } from './phase-durations.ts';
import { formatMoment } from './format-time.ts';

/** A job as JSON: camelCase, moments as ISO 8601 in UTC, lengths of time in milliseconds. No secret is in it. */
export function jobToJson(job: Job): Readonly<Record<string, unknown>> {
  const { stdin, ...spec } = job.spec;
  return {
    id: job.id,
    ...(spec.name === undefined ? {} : { name: spec.name }),
    state: job.state,
    createdAt: formatMoment(job.createdAt),
    ...moment('startedAt', job.startedAt),
    ...moment('finishedAt', job.finishedAt),
    queue: spec.queue,
    ...(job.state === 'pending' && job.notBefore > job.createdAt ? moment('notBefore', job.notBefore) : {}),
    ...(job.outcome === undefined ? {} : outcomeToJson(job.outcome)),
    ...(job.cancelRequest === undefined
      ? {}
      : { cancelRequest: { at: formatMoment(job.cancelRequest.at), by: job.cancelRequest.by } }),
    spec: { ...spec, ...(stdin === undefined ? {} : { stdinBytes: stdin.length }) },
  };
}

/** A job with its attempts, as JSON. */
export function jobDescriptionToJson({
  job,
  attempts,
  gaps,
  waitingFor,
}: JobDescription): Readonly<Record<string, unknown>> {
  return {
    ...jobToJson(job),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    attempts: attempts.map((attempt) => attemptToJson(attempt, gaps)),
  };
}

function attemptToJson(attempt: Attempt, gaps: JobDescription['gaps']): Readonly<Record<string, unknown>> {
  return {
    id: attempt.id,
    number: attempt.number,
    workerId: attempt.workerId,
    providerId: attempt.providerId,
    phases: Object.fromEntries(Object.entries(attempt.phases).map(([phase, at]) => [phase, formatMoment(at)])),
    durationsMs: Object.fromEntries(phaseDurations(attempt.phases).map(({ name, durationMs }) => [name, durationMs])),
    outputBytes: attempt.acknowledged,
    outputGaps: gaps
      .filter(({ attemptId }) => attemptId === attempt.id)
      .map(({ stream, offset, gap }) => ({ stream, offset, ...gap })),
    warnings: attempt.warnings,
    ...(attempt.outcome === undefined ? {} : outcomeToJson(attempt.outcome)),
  };
}

const outcomeToJson = ({ cause, evidence }: Outcome): Readonly<Record<string, unknown>> => ({ cause, evidence });

const moment = (name: string, at: number | undefined): Readonly<Record<string, string>> =>
  at === undefined ? {} : { [name]: formatMoment(at) };
