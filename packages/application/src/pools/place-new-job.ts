import type { Job, NewJob } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { JobContext } from '../support/job-context.ts';
import { afterFailedPlacement, afterRefusedPlacement, announceTo, placementOn, takeIdle } from './take-idle.ts';

/**
 * Stores a new job on an idle worker of this instance, in one statement, and sends the order at once. Where another
 * was faster with that worker, the next one is tried.
 *
 * @returns nothing where no idle worker fits; nothing is stored then.
 * @throws what storing throws. Where its answer was lost, the job may be stored; then it is found and runs.
 */
export async function placeNewJob(
  context: Pick<JobContext, 'repositories' | 'registry' | 'ids' | 'clock' | 'policy' | 'instance' | 'idle' | 'hub'>,
  runner: JobRunner,
  job: Omit<NewJob, 'claimFor'>,
  secrets: Readonly<Record<string, string>>,
): Promise<Job | undefined> {
  for (;;) {
    const worker = takeIdle(context, job);
    if (worker === undefined) return undefined;
    // From before it is stored: no request for its end is missed, and its row need not be read for one.
    const cancels = context.hub.subscribe({ jobId: job.id, kinds: ['cancel'] }, false);
    try {
      const placement = placementOn(context, worker, job.spec);
      // First of all: the worker needs about as long to read it as the statement takes.
      announceTo(worker, job.spec, placement, secrets);
      const placed = await context.repositories.jobs.insertOnWorker(job, placement);
      if (placed !== undefined) {
        runner.startPlaced({ ...placed, worker, secrets }, cancels);
        return placed.job;
      }
    } catch (error) {
      cancels[Symbol.dispose]();
      afterFailedPlacement(context, worker, error);
      throw error;
    }
    cancels[Symbol.dispose]();
    if (await afterRefusedPlacement(context, worker, (gone, why) => runner.discard(gone, why))) return undefined;
  }
}
