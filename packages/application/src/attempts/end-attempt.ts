import type { Attempt, Job, Outcome, WorkerHandle, WorkerId, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { destroyWorker } from '../workers/destroy-worker.ts';
import { finishAttempt } from './finish-attempt.ts';

/** What an attempt came to. */
export interface AttemptResult {
  /** The job afterwards: ended, or `pending` for a retry. */
  readonly job: Job;
  readonly workerId: WorkerId;
  /** Resolves when the worker is gone. */
  readonly cleanedUp: Promise<void>;
}

/**
 * Records how an attempt ended, and then destroys its worker, which the caller need not wait for.
 * @throws HodeiError `stale_epoch`
 */
export async function endAttempt(
  context: JobContext,
  attempt: Attempt,
  provider: WorkerProvider,
  handle: WorkerHandle | undefined,
  outcome: Outcome,
  phases: Attempt['phases'],
): Promise<AttemptResult> {
  const job = await finishAttempt(context, attempt, outcome, phases);
  const worker = { workerId: attempt.workerId, gracePeriodMs: 0, termination: outcome };
  const cleanedUp = destroyWorker(
    context,
    provider,
    handle === undefined ? worker : { ...worker, resourceId: handle.resourceId },
    context.lost,
  );
  return { job, workerId: attempt.workerId, cleanedUp };
}
