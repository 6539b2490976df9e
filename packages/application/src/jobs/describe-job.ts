import type { Attempt, Job, JobId, LogRecord } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { waitingFor, type Waiting } from './waiting-for.ts';

/** A job with all that is known about how it went. */
export interface JobDescription {
  readonly job: Job;
  readonly attempts: readonly Attempt[];
  /** What is missing of its output. */
  readonly gaps: readonly LogRecord[];
  /** Why it isn't running, in words that follow "waiting for"; absent once it runs or has ended. */
  readonly waitingFor?: string;
  /** The same for a program. */
  readonly waiting?: Waiting;
}

/** @throws HodeiError `not_found` */
export async function describeJob(
  context: Pick<JobContext, 'repositories' | 'clock' | 'preparations'>,
  jobId: JobId,
): Promise<JobDescription> {
  const { jobs, attempts, logs } = context.repositories;
  const job = await jobs.get(jobId);
  const all = await attempts.listByJob(jobId);
  const gaps = await logs.listGaps(jobId);
  const waiting = await waitingFor(context, job, all);
  return { job, attempts: all, gaps, ...(waiting === undefined ? {} : { waitingFor: waiting.words, waiting }) };
}
