import type { Attempt, Job, WorkerHandle, WorkerId, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import type { AttemptReport } from '../telemetry/attempt-report.ts';
import { destroyWorker } from '../workers/destroy-worker.ts';
import { finishAttempt } from './finish-attempt.ts';
import type { FollowedAttempt } from './follow-attempt.ts';

/** What an attempt came to. */
export interface AttemptResult {
  /** The job afterwards: ended, or `pending` for a retry. */
  readonly job: Job;
  readonly workerId: WorkerId;
  /** Resolves when the worker is gone, or at once where it waits for another job. */
  readonly cleanedUp: Promise<void>;
}

/** What is special about an end. */
export interface AttemptEnd {
  /** Given: the worker is not destroyed, it waits for another job; called once that is recorded. */
  readonly reuse?: () => void;
  /** The job may be tried again at once: it has not begun, and another worker waits. */
  readonly againAtOnce?: boolean;
  /** Is told of the end. */
  readonly report?: AttemptReport | undefined;
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
  followed: FollowedAttempt,
  phases: Attempt['phases'],
  end: AttemptEnd = {},
): Promise<AttemptResult> {
  const { reuse, againAtOnce = false } = end;
  const { workerId } = attempt;
  const { outcome } = followed;
  const options = { reuse: reuse !== undefined, againAtOnce };
  const job = await finishAttempt(context, attempt, followed, phases, options);
  context.hub.leaveOutput(job.id);
  context.hub.tellJob(job);
  if (followed.launch !== undefined) end.report?.launched(phases);
  end.report?.ended(job, outcome, phases);
  if (reuse !== undefined) {
    reuse();
    return { job, workerId, cleanedUp: Promise.resolve() };
  }
  const worker = { workerId, gracePeriodMs: 0, termination: outcome, isTerminating: true };
  const cleanedUp = destroyWorker(
    context,
    provider,
    handle === undefined ? worker : { ...worker, resourceId: handle.resourceId },
    context.lost,
  );
  return { job, workerId, cleanedUp };
}
