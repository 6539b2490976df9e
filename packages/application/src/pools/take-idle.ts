import {
  isHodeiError,
  LinkedAbort,
  parseAttemptId,
  type Job,
  type JobSpec,
  type Placement,
  type WorkerProvider,
} from '@hodei/domain';

import { demandOf } from '../jobs/demand-of.ts';
import { launchOrderOf } from '../attempts/launch-order-of.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import type { PoolWorker } from './pool-worker.ts';

type TakeContext = Pick<JobContext, 'idle' | 'registry' | 'clock' | 'policy'>;

/**
 * Takes an idle worker of this instance that fits the job. Costs no query and no call.
 * An operator who wants the newest image each time gets it: workers that wait have one of before.
 */
export function takeIdle(context: TakeContext, job: Pick<Job, 'id' | 'spec'>): PoolWorker | undefined {
  const { idle, clock, policy } = context;
  if (idle === undefined || policy.pullPolicy === 'always') return undefined;
  return idle.take(job, clock.now(), admitting(context, job.spec));
}

/** Waits for a worker that runs a job now, where that is sooner than a cold start. @param signals any of them ends the wait. */
export async function takeReturning(
  context: TakeContext,
  spec: JobSpec,
  signals: readonly AbortSignal[],
): Promise<PoolWorker | undefined> {
  const { idle, clock, policy } = context;
  if (idle === undefined || policy.pullPolicy === 'always') return undefined;
  using over = new LinkedAbort(...signals);
  const wait = (mostMs: number): Promise<void> => clock.sleep(mostMs, over.signal);
  const worker = await idle.takeNext(spec, clock.now(), admitting(context, spec), wait);
  over.abort(OVER);
  return worker;
}

/** Whether a provider may take this job now. */
function admitting({ registry }: TakeContext, spec: JobSpec): (provider: Pick<WorkerProvider, 'id'>) => boolean {
  const demand = demandOf(spec);
  return ({ id }) => registry.admits(id, demand);
}

/** The attempt that begins on this worker. Its image and its worker were ready before it. */
export function placementOn(
  { ids, clock, instance, policy }: Pick<JobContext, 'ids' | 'clock' | 'instance' | 'policy'>,
  { workerId }: PoolWorker,
  { timeoutMs = 0 }: Pick<JobSpec, 'timeoutMs'>,
): Placement {
  const at = clock.now();
  return {
    attemptId: parseAttemptId(ids.uuid()),
    workerId,
    nonce: ids.nonce(),
    epoch: instance.epoch,
    phases: { claimed: at, imageReady: at, workerReady: at },
    expiresAt: at + timeoutMs + policy.workerLifetimeMs,
    at,
  };
}

/**
 * Sends the order ahead while its placement is stored: it is valid only once `launch` follows, and void where that does
 * not. A job that reports by itself gets its token later, so its order is not known yet.
 */
export function announceTo(
  { provider, handle }: PoolWorker,
  spec: JobSpec,
  placement: Placement,
  secrets: Readonly<Record<string, string>>,
): void {
  const argv = spec.command ?? handle.defaultCommand;
  if (argv.length === 0 || spec.selfReport === true) return;
  provider.announce?.(handle, launchOrderOf({ spec }, placement, secrets, argv));
}

/** What becomes of a taken worker where placing a job on it failed: it waits again, unless nobody knows. */
export function afterFailedPlacement({ idle }: Pick<JobContext, 'idle'>, worker: PoolWorker, error: unknown): void {
  if (isHodeiError(error, 'conflict', 'not_found')) idle?.wait(worker);
  else idle?.doubt(worker);
}

/**
 * What becomes of a taken worker on which no job could be placed, although nothing failed: its row says why.
 * @returns whether it waits again: then the job may not begin yet, whoever waits for it.
 * @throws HodeiError `database_unavailable`; the worker is in doubt then, and its row will tell.
 */
export async function afterRefusedPlacement(
  { idle, repositories, instance }: Pick<JobContext, 'idle' | 'repositories' | 'instance'>,
  worker: PoolWorker,
  discard: (worker: PoolWorker, message: string) => void,
): Promise<boolean> {
  const { state, epoch } = await repositories.workers.get(worker.workerId).catch((error: unknown) => {
    idle?.doubt(worker);
    throw error;
  });
  if (epoch !== instance.epoch) idle?.forget(worker.workerId);
  else if (state === 'ready') idle?.wait(worker);
  // A placement that was not answered has come to pass after all; its job is found with its worker.
  else if (state === 'busy') idle?.doubt(worker);
  else discard(worker, `it is ${state}`);
  return epoch === instance.epoch && state === 'ready';
}
