import { type Attempt, type EpochMs, type Job, type JobId, type LogRecord, type Phase, PHASES } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** A job with all that is known about how it went. */
export interface JobDescription {
  readonly job: Job;
  readonly attempts: readonly Attempt[];
  /** What is missing of its output. */
  readonly gaps: readonly LogRecord[];
  /** Why it isn't running; absent once it runs or has ended. */
  readonly waitingFor?: string;
}

/** @throws HodeiError `not_found` */
export async function describeJob(
  context: Pick<JobContext, 'repositories' | 'clock'>,
  jobId: JobId,
): Promise<JobDescription> {
  const { jobs, attempts, instances, logs } = context.repositories;
  const job = await jobs.get(jobId);
  const all = await attempts.listByJob(jobId);
  const gaps = await logs.listGaps(jobId);
  const live = job.state === 'pending' ? (await instances.listLive()).length : 1;
  const waitingFor = explainWaiting(job, all, live, context.clock.now());
  return { job, attempts: all, gaps, ...(waitingFor === undefined ? {} : { waitingFor }) };
}

const NEXT_STEP: Readonly<Partial<Record<Phase, string>>> = {
  claimed: 'its image to be ready',
  imageReady: 'its worker to start',
  workerReady: 'its worker to take the order',
  ordered: 'its worker to say that it is launched',
};

/** Says why a job isn't running, in words that follow "waiting for". Pure. */
export function explainWaiting(
  job: Job,
  attempts: readonly Attempt[],
  liveInstances: number,
  now: EpochMs,
): string | undefined {
  if (job.state === 'scheduled') {
    const current = attempts.findLast((attempt) => attempt.outcome === undefined);
    const reached = PHASES.findLast((phase) => current?.phases[phase] !== undefined);
    return (reached === undefined ? undefined : NEXT_STEP[reached]) ?? 'a provider';
  }
  if (job.state !== 'pending') return undefined;
  if (job.notBefore > now) {
    const last = attempts.findLast((attempt) => attempt.outcome !== undefined)?.outcome;
    const until = new Date(job.notBefore).toISOString();
    return last === undefined
      ? `a provider that can take it; tried again at ${until}`
      : `its next attempt at ${until}, after ${last.cause}`;
  }
  return liveInstances === 0 ? 'an instance to run it: none is alive' : 'an instance with a free place';
}
