import type { Attempt, Job, LaunchOrder, WorkerExit, WorkerHandle, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import type { AttemptReport } from '../telemetry/attempt-report.ts';
import { followAttempt, type FollowedAttempt, type Phases } from './follow-attempt.ts';
import { launchJob } from './launch-job.ts';
import type { OutputStore } from './store-output.ts';
import type { StopSignals } from './stop-job.ts';

/** A job and the worker that waits for its order. */
export interface OnWorker {
  readonly job: Job;
  readonly attempt: Attempt;
  readonly provider: WorkerProvider;
  readonly handle: WorkerHandle;
  readonly order: LaunchOrder;
  readonly output: OutputStore;
  readonly phases: Phases;
  /** How long the worker may take to say that it is launched, in milliseconds. */
  readonly launchTimeoutMs: number;
  readonly report?: AttemptReport | undefined;
}

/**
 * Sends the order and follows the job to its end: the way of every attempt, whether its worker was made for it or
 * taken from a pool.
 */
export async function runOnWorker(
  context: JobContext,
  on: OnWorker,
  signals: StopSignals,
  told: {
    readonly onLaunched?: () => void;
    readonly onExit?: (exit: WorkerExit) => void;
  } = {},
): Promise<FollowedAttempt> {
  const { job, attempt, provider, handle, phases, output, report } = on;
  phases.ordered ??= context.clock.now();
  // Not given up for a cancellation: nobody would know whether the job began. It is stopped once that is known.
  const running = await launchJob(context, provider, handle, on.order, signals.lost, on.launchTimeoutMs);
  phases.launched ??= context.clock.now();
  told.onLaunched?.();
  return followAttempt(
    context,
    { job, attempt, provider, handle, output, running, phases, recorded: false, report, ...told },
    signals,
  );
}
