import { LinkedAbort, type Attempt, type Job, type Phase } from '@hodei/domain';

import { openSecrets } from '../jobs/open-secrets.ts';
import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';
import { aboutAttempt } from '../support/with-facts.ts';
import { notesStarting, reportOf } from '../telemetry/attempt-report.ts';
import type { StartMoments } from '../telemetry/start-phases.ts';
import { withWorkerToken } from '../workers/worker-token.ts';
import { beginAttempt, expiryOf } from './begin-attempt.ts';
import { concludeAttempt, type BegunAttempt } from './conclude-attempt.ts';
import type { AttemptResult } from './end-attempt.ts';
import type { Phases } from './follow-attempt.ts';
import { preparationOf } from './preparations.ts';
import { prepareWorker, type OnProgress, type PreparedWorker } from './prepare-worker.ts';
import { recordConnecting, recordReady } from './record-launch.ts';
import { runOnWorker } from './run-on-worker.ts';
import { OutputStore } from './store-output.ts';
import type { StopSignals } from './stop-job.ts';

/** A job whose attempt has begun: its rows are stored, and its worker is still to be made. */
export interface BegunJob {
  readonly job: Job;
  readonly attempt: Attempt;
  /** Where its worker is made. Its reserved place is given back: the worker's row holds it. */
  readonly selection: Selection;
  /** The job's, opened. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Begins an attempt of a scheduled job on a worker that is made for it, and runs it; see {@link runBegunAttempt}.
 *
 * @param selection its place is given back as soon as the worker's row is stored; where that fails, the caller
 * disposes of it.
 * @throws HodeiError as {@link runBegunAttempt}; `conflict` where the job is no longer scheduled.
 */
export async function runAttempt(
  context: JobContext,
  job: Job,
  selection: Selection,
  signals: StopSignals,
  onProgress?: OnProgress,
): Promise<AttemptResult> {
  const { provider } = selection;
  let begun: BegunJob;
  try {
    const secrets = await openSecrets(context, job);
    const attempt = await beginAttempt(context, job, provider, { claimed: job.stateChangedAt });
    begun = { job, attempt, selection, secrets };
  } catch (error) {
    context.registry.reportNothing(provider.id);
    throw error;
  }
  return runBegunAttempt(context, begun, signals, onProgress);
}

/**
 * Runs an attempt that has begun to its recorded end: image, worker, order, output, exit, outcome; then the worker is
 * destroyed, which the caller need not wait for.
 *
 * @throws HodeiError `stale_epoch` where the job belongs to another instance now (what runs is left to it).
 */
export async function runBegunAttempt(
  instanceContext: JobContext,
  { job, attempt, selection, secrets: given }: BegunJob,
  signals: StopSignals,
  onProgress: OnProgress = () => undefined,
): Promise<AttemptResult> {
  const { provider } = selection;
  const { registry, policy, clock } = instanceContext;
  const phases: Phases = { ...attempt.phases };
  selection[Symbol.dispose](); // from here on, the worker's row holds its place
  const context = aboutAttempt(instanceContext, attempt);
  const moments: StartMoments = { begun: clock.now() };

  const secrets = await withWorkerToken(context, job, attempt.workerId, given);
  const output = OutputStore.for(context, job, attempt, secrets);
  const report = reportOf(context, job, attempt, 'cold', moments);
  const begun: BegunAttempt = { attempt, provider, phases, output, report };
  const makeReady = async (): Promise<PreparedWorker> => {
    using preparing = context.preparations?.begin(attempt.id);
    const reached = (phase: Phase): void => {
      phases[phase] ??= clock.now();
      if (phase === 'imageReady') preparing?.note({ step: 'turn' });
    };
    const noted = notesStarting(
      moments,
      () => clock.now(),
      (progress) => {
        preparing?.note(preparationOf(progress));
        onProgress(progress);
      },
    );
    const willRunByItself = (): Promise<void> => recordConnecting(context, attempt);
    const options = { onProgress: noted, reached, willRunByItself, expiresAt: expiryOf(context, job.spec) };
    const prepared = await untilStopped(signals, (signal) =>
      prepareWorker(context, selection, job, attempt, secrets, { ...options, signal }),
    );
    begun.handle = prepared.handle;
    context.idle?.changed.ring(); // a pool may start something now
    await recordReady(context, attempt, prepared.handle);
    return prepared;
  };
  const run = async () => {
    const { handle, order, hasBegun, startupMs } = await makeReady();
    if (!hasBegun) signals.stop.throwIfAborted();
    const { launchTimeoutMs } = policy;
    const on = { job, attempt, provider, handle, order, output, phases, launchTimeoutMs, report };
    return runOnWorker(context, on, signals, {
      onLaunched: () => registry.reportSuccess(provider.id, { startupMs }),
    });
  };
  return concludeAttempt(context, begun, signals, run, (_, error) => {
    if (error === undefined) return {};
    if (signals.stop.aborted) registry.reportNothing(provider.id);
    else registry.reportFailure(provider.id, error);
    return {};
  });
}

/** What is given up where the job is stopped or lost. */
async function untilStopped<T>({ stop, lost }: StopSignals, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using either = new LinkedAbort(stop, lost);
  return await work(either.signal);
}
