import { type Attempt, type HodeiError, type Job, type Outcome, type WorkerExit } from '@hodei/domain';

import { concludeAttempt, type BegunAttempt } from '../attempts/conclude-attempt.ts';
import type { AttemptEnd, AttemptResult } from '../attempts/end-attempt.ts';
import type { FollowedAttempt } from '../attempts/follow-attempt.ts';
import { commandOf, launchOrderOf } from '../attempts/launch-order-of.ts';
import { runOnWorker } from '../attempts/run-on-worker.ts';
import { OutputStore } from '../attempts/store-output.ts';
import type { StopSignals } from '../attempts/stop-job.ts';
import { openSecrets } from '../jobs/open-secrets.ts';
import type { JobContext } from '../support/job-context.ts';
import { aboutAttempt } from '../support/with-facts.ts';
import { reportOf } from '../telemetry/attempt-report.ts';
import { withWorkerToken } from '../workers/worker-token.ts';
import type { PoolWorker } from './pool-worker.ts';

/** A job that was placed on a worker which waited for one. */
export interface PlacedJob {
  readonly job: Job;
  readonly attempt: Attempt;
  readonly worker: PoolWorker;
  /** Where they are at hand. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/**
 * Runs a job on the worker that it was placed on, to its recorded end. The worker takes the order at once, or is
 * found dead: then the job is tried again at once, and it has not cost it an attempt. Afterwards the worker is
 * destroyed, or waits again where its pool lets it.
 *
 * @param onHandOverFailed is told that the worker took no order.
 * @throws HodeiError `stale_epoch` where the job belongs to another instance now.
 */
export async function runPlacedAttempt(
  instanceContext: JobContext,
  placed: PlacedJob,
  signals: StopSignals,
  onHandOverFailed: () => void,
): Promise<AttemptResult> {
  const { job, attempt, worker } = placed;
  const { provider, handle } = worker;
  const context = aboutAttempt(instanceContext, attempt);
  const { idle, policy, clock } = context;
  const phases = { ...attempt.phases };
  idle?.run(worker, { tenant: job.spec.tenant, since: clock.now() });
  const report = reportOf(context, job, attempt, worker.jobsRun > 0 ? 'reused' : 'warm');
  const begun: BegunAttempt = { attempt, provider, phases, handle, report };
  let isClean = false;
  const onExit = ({ reusable }: WorkerExit): void => {
    isClean = reusable === true;
  };
  const run = async (): Promise<FollowedAttempt> => {
    const given = placed.secrets ?? (await openSecrets(context, job));
    const secrets = await withWorkerToken(context, job, worker.workerId, given);
    const output = OutputStore.for(context, job, attempt, secrets);
    begun.output = output;
    const order = launchOrderOf(job, attempt, secrets, commandOf(job, handle.defaultCommand));
    const launchTimeoutMs = policy.handOverTimeoutMs;
    const on = { job, attempt, provider, handle, order, output, phases, launchTimeoutMs, report };
    return runOnWorker(context, on, signals, { onExit });
  };
  const end = ({ cause }: Outcome, error?: HodeiError): AttemptEnd => {
    const takesNone = cause === 'never_launched' || cause === 'worker_lost';
    if (error !== undefined && takesNone) onHandOverFailed();
    if (error !== undefined || cause !== 'exited' || !isClean || !mayServeAgain(context, worker)) {
      return { againAtOnce: error !== undefined && takesNone };
    }
    const served = { jobsRun: worker.jobsRun + 1, servedTenant: { name: job.spec.tenant } };
    return { reuse: () => idle?.wait({ ...worker, ...served, idleSince: clock.now() }) };
  };
  let isReused = false;
  try {
    return await concludeAttempt(context, begun, signals, run, (outcome, error) => {
      const ending = end(outcome, error);
      isReused = ending.reuse !== undefined;
      return ending;
    });
  } finally {
    if (!isReused) idle?.forget(worker.workerId);
  }
}

/** Whether the worker, once it has run this job, may wait for another. */
function mayServeAgain({ idle, clock }: JobContext, worker: PoolWorker): boolean {
  const pool = idle?.pools.find(({ name }) => name === worker.pool);
  const isOfPool = pool !== undefined && pool.template === worker.template;
  if (idle?.isLeaving(worker.workerId) === true) return false;
  return isOfPool && worker.reusable && worker.jobsRun + 1 < pool.maxJobsPerWorker && clock.now() < worker.expiresAt;
}
