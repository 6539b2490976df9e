import type { Job, NewJob } from '@hodei/domain';

import { placeNewJob } from '../pools/place-new-job.ts';
import { beginNewJob } from './begin-new-job.ts';
import type { JobRunner } from './job-runner.ts';

/**
 * Stores a new job in the statement that begins it in this instance: on an idle worker that fits it, or else on one that
 * is made for it.
 *
 * @returns nothing where it can't begin here now; nothing is stored then. Without an owner it is stored, and waits.
 * @throws what {@link placeNewJob} and {@link beginNewJob} throw.
 */
export async function startNewJob(
  context: Parameters<typeof beginNewJob>[0],
  runner: JobRunner,
  job: Omit<NewJob, 'claimFor'>,
  secrets: Readonly<Record<string, string>>,
): Promise<{ readonly job: Job; readonly placed: boolean } | undefined> {
  using place = runner.takePlace(job.id);
  if (place === undefined) {
    runner.othersWait = true;
    return undefined;
  }
  const placed = await placeNewJob(context, runner, job, secrets);
  const started = placed ?? (await beginNewJob(context, runner, job, secrets));
  return started && { job: started, placed: placed !== undefined };
}
