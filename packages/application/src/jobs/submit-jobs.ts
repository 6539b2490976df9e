import { isHodeiError, type HodeiError, type Job, type JobInput } from '@hodei/domain';

import { submitJob, type Idempotency } from './submit-job.ts';

/** One of many jobs that are submitted together. */
export interface Submission {
  readonly input: JobInput;
  readonly idempotency?: Idempotency;
}

/**
 * Submits many jobs: each as by {@link submitJob}, with the same checks and the same errors, and one that is refused
 * costs the others nothing. They are stored by one statement for each two hundred of them,
 * but for those that a runner places on a waiting worker.
 *
 * @param submissions one that is an error has been refused before, and keeps its place.
 * @returns what became of each, in their order: the job, which is durable, or why it was refused.
 * @throws what is no HodeiError: a defect.
 */
export async function submitJobs(
  context: Parameters<typeof submitJob>[0],
  submissions: readonly (Submission | HodeiError)[],
  options: Pick<NonNullable<Parameters<typeof submitJob>[2]>, 'runner' | 'by'> = {},
): Promise<readonly (Job | HodeiError)[]> {
  return Promise.all(
    submissions.map(async (submission) => {
      if (isHodeiError(submission)) return submission;
      const { input, ...idempotency } = submission;
      try {
        return await submitJob(context, input, { ...options, ...idempotency });
      } catch (error) {
        if (isHodeiError(error)) return error;
        throw error;
      }
    }),
  );
}
