import {
  parseAttemptId,
  parseWorkerId,
  toHodeiError,
  type Attempt,
  type Job,
  type Outcome,
  type Phase,
  type EpochMs,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import { openSecrets } from '../jobs/open-secrets.ts';
import type { Selection } from '../registry/provider-registry.ts';
import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import { destroyWorker } from '../workers/destroy-worker.ts';
import { finishAttempt } from './finish-attempt.ts';
import { launchJob } from './launch-job.ts';
import { outcomeOfError, type StopReason } from './outcome-of.ts';
import { prepareWorker, type OnProgress } from './prepare-worker.ts';
import { OutputStore } from './store-output.ts';
import { superviseJob, type StopSignals } from './supervise-job.ts';

/** What an attempt came to. */
export interface AttemptResult {
  /** The job afterwards: ended, or `pending` for a retry. */
  readonly job: Job;
  /** Resolves when the worker is gone. */
  readonly cleanedUp: Promise<void>;
}

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
  const phases: Partial<Record<Phase, EpochMs>> = { claimed: job.stateChangedAt };
  const reached = (phase: Phase): void => {
    phases[phase] ??= context.clock.now();
  };
  const secrets = await openSecrets(context, job);
  const attempt = await beginAttempt(context, job, provider, phases);
  selection[Symbol.dispose](); // from here on, the worker's row holds its place

  let handle: WorkerHandle | undefined;
  let outcome: Outcome;
  try {
    const prepared = await prepareWorker(context, provider, job, attempt, secrets, {
      signal: signals.stop,
      onProgress,
      reached,
      expiresAt: expiryOf(context, job),
    });
    handle = prepared.handle;
    await markReady(context, attempt, handle);
    reached('ordered');
    const running = await launchJob(context, provider, handle, prepared.order, signals.stop);
    reached('launched');
    context.registry.reportSuccess(provider.id);
    const recorded = markLaunched(context, attempt, handle, { ...phases });
    const output = new OutputStore(context, attempt, Object.values(secrets));
    const supervised = {
      spec: job.spec,
      attempt,
      provider,
      handle,
      output,
      onFirstByte: () => reached('firstByte'),
      onExit: ({ exitedAt }: { exitedAt: EpochMs }) => (phases.exited = exitedAt),
      ...(job.spec.timeoutMs === undefined ? {} : { deadlineAt: context.clock.now() + job.spec.timeoutMs }),
    };
    [outcome] = await Promise.all([superviseJob(context, supervised, running, signals), recorded]);
  } catch (thrown) {
    const error = toHodeiError(thrown);
    if (error.code === 'stale_epoch') throw error;
    if (!signals.stop.aborted) context.registry.reportFailure(provider.id, error);
    outcome = signals.stop.aborted ? cancelledBefore(signals.stop) : outcomeOfError(error);
  }
  const after = await finishAttempt(context, attempt, outcome, phases);
  const cleanedUp = destroyWorker(context, provider, {
    workerId: attempt.workerId,
    gracePeriodMs: 0,
    termination: outcome,
    ...(handle === undefined ? {} : { resourceId: handle.resourceId }),
  });
  return { job: after, cleanedUp };
}

/** Intent before effect: the rows say that the worker shall exist before the engine is asked. */
async function beginAttempt(context: JobContext, job: Job, provider: WorkerProvider, phases: Attempt['phases']): Promise<Attempt> {
  const { attempts } = context.repositories;
  const attemptId = parseAttemptId(context.ids.uuid());
  const workerId = parseWorkerId(context.ids.uuid());
  const nonce = context.ids.nonce();
  const worker = { workerId, image: job.spec.image, resources: job.spec.resources, expiresAt: expiryOf(context, job) };
  const { epoch } = context.instance;
  return persist(
    context,
    () => attempts.begin({ attemptId, jobId: job.id, providerId: provider.id, worker, nonce, epoch, phases, at: context.clock.now() }),
    async () => (await attempts.listByJob(job.id)).find(({ id }) => id === attemptId),
  );
}

async function markReady(context: JobContext, attempt: Attempt, handle: WorkerHandle): Promise<void> {
  const { workers } = context.repositories;
  await persist(
    context,
    () => workers.markReady({ workerId: attempt.workerId, epoch: attempt.epoch, handle, at: context.clock.now() }),
    async () => {
      const worker = await workers.get(attempt.workerId);
      return worker.state === 'ready' ? worker : undefined;
    },
  );
}

async function markLaunched(context: JobContext, attempt: Attempt, handle: WorkerHandle, phases: Attempt['phases']): Promise<void> {
  const { attempts, workers } = context.repositories;
  const launch = { attemptId: attempt.id, epoch: attempt.epoch, phases, warnings: handle.warnings, at: context.clock.now() };
  await persist(
    context,
    async () => {
      await attempts.markLaunched(launch);
      return true;
    },
    async () => ((await workers.get(attempt.workerId)).state === 'busy' ? true : undefined),
  );
}

const expiryOf = (context: JobContext, job: Job): EpochMs =>
  context.clock.now() + (job.spec.timeoutMs ?? 0) + context.policy.workerLifetimeMs;

function cancelledBefore(stop: AbortSignal): Outcome {
  const reason = stop.reason as StopReason;
  return { cause: 'cancelled', evidence: { message: 'it had not begun', ...(reason.kind === 'cancelled' ? { by: reason.by } : {}) } };
}
