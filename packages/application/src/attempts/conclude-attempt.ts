import {
  toHodeiError,
  type Attempt,
  type HodeiError,
  type Outcome,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import type { AttemptReport } from '../telemetry/attempt-report.ts';
import { endAttempt, type AttemptEnd, type AttemptResult } from './end-attempt.ts';
import type { FollowedAttempt, Phases } from './follow-attempt.ts';
import { destroyedOutcome, outcomeOfError, type StopReason } from './outcome-of.ts';
import type { OutputStore } from './store-output.ts';
import type { StopSignals } from './stop-job.ts';

/** An attempt that has begun. Its handle is absent until its worker is made. */
export interface BegunAttempt {
  readonly attempt: Attempt;
  readonly provider: WorkerProvider;
  readonly phases: Phases;
  readonly report?: AttemptReport | undefined;
  handle?: WorkerHandle;
  /** Absent until its secrets are known. */
  output?: OutputStore;
}

/**
 * Runs an attempt and records how it ended, whatever happens meanwhile.
 * @param end says what becomes of the worker. The error is what ended the attempt before its job was launched.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now.
 */
export async function concludeAttempt(
  context: JobContext,
  begun: BegunAttempt,
  signals: StopSignals,
  run: () => Promise<FollowedAttempt>,
  end: (outcome: Outcome, error?: HodeiError) => AttemptEnd = () => ({}),
): Promise<AttemptResult> {
  const { attempt, provider, phases } = begun;
  let followed: FollowedAttempt;
  let failure: HodeiError | undefined;
  try {
    followed = await run();
  } catch (thrown) {
    signals.lost.throwIfAborted();
    const error = toHodeiError(thrown);
    if (error.code === 'stale_epoch') throw error;
    failure = error;
    // Its output goes with the worker. Where that vanished, the order may have been carried out.
    const mayHaveRun = error.code === 'worker_not_found' && phases.ordered !== undefined;
    if (mayHaveRun || phases.launched !== undefined) await begun.output?.loseRest();
    followed = { outcome: signals.stop.aborted ? stoppedBefore(signals.stop) : outcomeOfError(error) };
  }
  return endAttempt(context, attempt, provider, begun.handle, followed, phases, {
    ...end(followed.outcome, failure),
    report: begun.report,
  });
}

function stoppedBefore(stop: AbortSignal): Outcome {
  const reason = stop.reason as StopReason;
  if (reason.kind === 'destroyed') return destroyedOutcome(reason.by);
  return {
    cause: 'cancelled',
    evidence: { message: 'it had not begun', ...(reason.kind === 'cancelled' ? { by: reason.by } : {}) },
  };
}
