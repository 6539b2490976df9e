import { toHodeiError, type Job, type Outcome, type Phase, type WorkerHandle } from '@hodei/domain';

import { openSecrets } from '../jobs/open-secrets.ts';
import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';
import { beginAttempt, expiryOf } from './begin-attempt.ts';
import { endAttempt, type AttemptResult } from './end-attempt.ts';
import { followAttempt, type Phases } from './follow-attempt.ts';
import { launchJob } from './launch-job.ts';
import { outcomeOfError, type StopReason } from './outcome-of.ts';
import { prepareWorker, type OnProgress } from './prepare-worker.ts';
import { recordReady } from './record-launch.ts';
import { OutputStore } from './store-output.ts';
import type { StopSignals } from './supervise-job.ts';

/**
 * Runs one scheduled job on one worker to its recorded end: intent, image, worker, order, output, exit,
 * outcome; then the worker is destroyed, which the caller need not wait for.
 *
 * @param selection its place is given back as soon as the worker's row is stored; where that fails, the caller
 * disposes of it.
 * @throws HodeiError `stale_epoch` where the job belongs to another instance now (what runs is left to it);
 * `conflict` where the job is no longer scheduled.
 */
export async function runAttempt(
  context: JobContext,
  job: Job,
  selection: Selection,
  signals: StopSignals,
  onProgress: OnProgress = () => undefined,
): Promise<AttemptResult> {
  const { provider } = selection;
  const phases: Phases = { claimed: job.stateChangedAt };
  const reached = (phase: Phase): void => {
    phases[phase] ??= context.clock.now();
  };
  const secrets = await openSecrets(context, job);
  const attempt = await beginAttempt(context, job, provider, phases);
  selection[Symbol.dispose](); // from here on, the worker's row holds its place

  const giveUp = AbortSignal.any([signals.stop, signals.lost]);
  const output = OutputStore.for(context, job, attempt, secrets);
  let handle: WorkerHandle | undefined;
  let outcome: Outcome;
  try {
    const expiresAt = expiryOf(context, job);
    const prepared = await prepareWorker(context, provider, job, attempt, secrets, {
      signal: giveUp,
      onProgress,
      reached,
      expiresAt,
    });
    handle = prepared.handle;
    await recordReady(context, attempt, handle);
    if (!prepared.hasBegun) signals.stop.throwIfAborted();
    reached('ordered');
    // Not given up for a cancellation: nobody would know whether the job began. It is stopped once that is known.
    const running = await launchJob(context, provider, handle, prepared.order, signals.lost);
    reached('launched');
    context.registry.reportSuccess(provider.id, { startupMs: (phases.workerReady ?? 0) - (phases.imageReady ?? 0) });
    outcome = await followAttempt(
      context,
      { job, attempt, provider, handle, output, running, phases, recorded: false },
      signals,
    );
  } catch (thrown) {
    signals.lost.throwIfAborted();
    const error = toHodeiError(thrown);
    if (error.code === 'stale_epoch') throw error;
    if (!signals.stop.aborted) context.registry.reportFailure(provider.id, error);
    // Its output goes with the worker. Where that vanished, the order may have been carried out.
    const mayHaveRun = error.code === 'worker_not_found' && phases.ordered !== undefined;
    if (mayHaveRun || phases.launched !== undefined) await output.loseRest();
    outcome = signals.stop.aborted ? cancelledBefore(signals.stop) : outcomeOfError(error);
  }
  return endAttempt(context, attempt, provider, handle, outcome, phases);
}

function cancelledBefore(stop: AbortSignal): Outcome {
  const reason = stop.reason as StopReason;
  return {
    cause: 'cancelled',
    evidence: { message: 'it had not begun', ...(reason.kind === 'cancelled' ? { by: reason.by } : {}) },
  };
}
