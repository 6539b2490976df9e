import type { Job, JobId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Asks for a job's end. A pending one ends at once; of a running one, whichever instance owns it is told, and
 * stops it with grace. One that has ended stays as it is. Idempotent.
 * @throws HodeiError `not_found`
 */
export const cancelJob = (
  context: Pick<JobContext, 'repositories' | 'clock'>,
  jobId: JobId,
  by: string,
): Promise<Job> => context.repositories.jobs.requestCancel({ jobId, by, at: context.clock.now() });
