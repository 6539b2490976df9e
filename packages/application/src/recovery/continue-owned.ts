import { toHodeiError, type Job, type Owned, type Worker } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { JobContext } from '../support/job-context.ts';

/**
 * Makes sure that what this instance owns is being brought to its end: jobs that nothing here runs are started
 * or adopted, jobs that are to be cancelled are told so, workers that nobody needs any more are destroyed.
 * Level-triggered: what is under way already is left alone, so this may be called at any time.
 *
 * @returns how many jobs it took up.
 */
export async function continueOwned(context: JobContext, runner: JobRunner, owned: Owned): Promise<number> {
  const left = owned.jobs.filter(({ id }) => !runner.has(id));
  const needed = new Set<Worker['id']>();
  for (const job of left) {
    const attempts = await context.repositories.attempts.listByJob(job.id);
    const open = attempts.find(({ outcome }) => outcome === undefined);
    if (open !== undefined) needed.add(open.workerId);
    if (runner.has(job.id)) continue;
    // The job was placed on a worker that waits here, and the answer was lost: no order was sent.
    const worker = open && context.idle?.settleDoubt(open.workerId);
    if (open !== undefined && worker !== undefined) {
      runner.startPlaced({ job, attempt: open, worker });
      continue;
    }
    letGo(context, job, open === undefined ? runner.start(job) : runner.adopt(job, open));
  }
  // The change that told of a cancellation may never have arrived.
  for (const { id, cancelRequest } of owned.jobs) if (cancelRequest) runner.cancel(id, cancelRequest);
  for (const worker of owned.workers) {
    if (context.idle?.keeps(worker)) continue;
    if (needed.has(worker.id) || (worker.jobId !== undefined && runner.has(worker.jobId))) continue;
    runner.clean(worker);
  }
  return left.length;
}

function letGo(context: JobContext, job: Job, done: Promise<Job>): void {
  done.catch((error: unknown) => {
    if (!context.lost.aborted)
      context.diagnostics.error('a job was let go', { jobId: job.id, error: toHodeiError(error) });
  });
}
