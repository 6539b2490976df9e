import type { JobDescription } from '@hodei/application';
import type { Attempt, Job, Outcome } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { AttemptJson, JobDescriptionJson, JobJson } from './job-schemas.ts';
import { phaseDurations } from './phase-durations.ts';

/** A job as JSON: camelCase, moments as ISO 8601 in UTC, lengths of time in milliseconds. No secret is in it. */
export function jobToJson(job: Job): Frozen<JobJson> {
  const { stdin, notBefore, ...spec } = job.spec;
  return {
    id: job.id,
    ...(spec.name === undefined ? {} : { name: spec.name }),
    state: job.state,
    createdAt: formatMoment(job.createdAt),
    queue: spec.queue,
    ...(job.startedAt === undefined ? {} : { startedAt: formatMoment(job.startedAt) }),
    ...(job.finishedAt === undefined ? {} : { finishedAt: formatMoment(job.finishedAt) }),
    ...(job.state === 'pending' && job.notBefore > job.createdAt ? { notBefore: formatMoment(job.notBefore) } : {}),
    ...(job.submittedBy === undefined ? {} : { submittedBy: job.submittedBy }),
    ...(job.outcome === undefined ? {} : outcomeToJson(job.outcome)),
    ...(job.cancelRequest === undefined
      ? {}
      : { cancelRequest: { ...job.cancelRequest, at: formatMoment(job.cancelRequest.at) } }),
    spec: {
      ...spec,
      ...(notBefore === undefined ? {} : { notBefore: formatMoment(notBefore) }),
      ...(stdin === undefined ? {} : { stdinBytes: stdin.length }),
    },
  };
}

/** A job with its attempts, as JSON. */
export function jobDescriptionToJson(description: JobDescription): Frozen<JobDescriptionJson> {
  const { job, attempts, gaps, waitingFor, waiting } = description;
  return {
    ...jobToJson(job),
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(waiting === undefined ? {} : { waiting: { reason: waiting.reason, facts: waiting.facts } }),
    attempts: attempts.map((attempt) => attemptToJson(attempt, gaps)),
  };
}

function attemptToJson(attempt: Attempt, gaps: JobDescription['gaps']): Frozen<AttemptJson> {
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
      .flatMap(({ stream, offset, gap }) => (gap === undefined ? [] : [{ stream, offset, ...gap }])),
    warnings: attempt.warnings,
    ...(attempt.outcome === undefined ? {} : outcomeToJson(attempt.outcome)),
  };
}

const outcomeToJson = ({ cause, evidence }: Outcome): Pick<Outcome, 'cause' | 'evidence'> => ({ cause, evidence });
