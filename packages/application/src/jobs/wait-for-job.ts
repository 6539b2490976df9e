import { isTerminalJobState, TERMINAL_JOB_STATES, type Job, type JobId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Resolves with the job once it has ended.
 * @param onChange is told the job each time it was looked at before.
 * @throws HodeiError `not_found`; the signal's reason when it aborts.
 */
export async function waitForJob(
  context: Pick<JobContext, 'repositories' | 'hub'>,
  jobId: JobId,
  options: { readonly signal?: AbortSignal; readonly onChange?: (job: Job) => void } = {},
): Promise<Job> {
  const states = options.onChange === undefined ? { states: TERMINAL_JOB_STATES } : {};
  using changes = context.hub.subscribe({ jobId, kinds: ['job'], ...states });
  for (;;) {
    await changes.next(options.signal);
    const job = changes.ended ?? (await context.repositories.jobs.get(jobId));
    if (isTerminalJobState(job.state)) return job;
    options.onChange?.(job);
  }
}
