import type { Job, JobId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Asks for a job's end. A pending one ends at once; of a running one, whichever instance owns it is told, and
 * stops it with grace. One that has ended stays as it is. Idempotent.
 * @param options.force leaves it no grace period, also where its end was asked for already.
 * @throws HodeiError `not_found`
 */
export async function cancelJob(
  context: Pick<JobContext, 'repositories' | 'clock' | 'telemetry'>,
  jobId: JobId,
  by: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<Job> {
  const at = context.clock.now();
  const job = await context.repositories.jobs.requestCancel({ jobId, by, at, force });
  // One that was pending has ended by this call; what ends otherwise is told by who ends it.
  if (job.finishedAt === at && job.state === 'cancelled') context.telemetry?.jobEnded(job);
  return job;
}
