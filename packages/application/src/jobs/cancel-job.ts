import type { Job, JobId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Asks for a job's end. A pending one ends at once; of a running one, whichever instance owns it is told, and
 * stops it with grace. One that has ended stays as it is. Idempotent.
 * @param options.force leaves it no grace period, also where its end was asked for already.
 * @throws HodeiError `not_found`
 */
export const cancelJob = (
  context: Pick<JobContext, 'repositories' | 'clock'>,
  jobId: JobId,
  by: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<Job> => context.repositories.jobs.requestCancel({ jobId, by, at: context.clock.now(), force });
