import {
  isHodeiError,
  isIdle,
  retirement,
  toHodeiError,
  workerHealth,
  type Outcome,
  type Retirement,
  type Worker,
} from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { JobContext } from '../support/job-context.ts';

/**
 * Does what is due with one worker of this instance: lets an idle one go that has ended, is over its limits or is
 * asked to go, takes care that one that is to drain takes nothing new, ends one that is to be destroyed, and gives
 * one up that is lost. Level-triggered: may be called at any time, and again.
 *
 * @param hasEnded whether its engine says that it has ended.
 * @throws HodeiError `database_unavailable`
 */
export async function settleWorker(
  context: JobContext,
  runner: JobRunner,
  worker: Worker,
  hasEnded = false,
): Promise<void> {
  const { clock, policy } = context;
  const now = clock.now();
  const isLost = workerHealth(worker, now, policy.graces).status === 'lost';
  if (isIdle(worker)) {
    const due = retirement(worker, now, policy.idleTimeoutMs);
    if (isLost || hasEnded) return retire(context, runner, worker, ENDED);
    return due === undefined ? undefined : retire(context, runner, worker, outcomeOf(worker, due));
  }
  const { jobId, endRequest, state } = worker;
  if (jobId === undefined || !runner.has(jobId) || state === 'terminating') return;
  if (endRequest?.kind === 'destroy') runner.destroyWorkerOf(jobId, endRequest.by);
  if (endRequest?.kind === 'drain' && state === 'busy') await drain(context, worker);
  if (isLost) await giveUp(context, runner, worker);
}

const ENDED: Outcome = { cause: 'worker_lost', evidence: { message: 'it ended while it had nothing to do' } };

const WORDS: Readonly<Record<Retirement, string>> = {
  asked: 'its end was asked for',
  expired: 'it was as old as it may get',
  idle: 'it had nothing to do for too long',
};

function outcomeOf({ endRequest }: Worker, why: Retirement): Outcome {
  const by = endRequest === undefined ? {} : { by: endRequest.by };
  return { cause: 'retired', evidence: { message: WORDS[why], ...by } };
}

/** By compare-and-set: where it was given a job meanwhile, it stays. */
async function retire(context: JobContext, runner: JobRunner, worker: Worker, termination: Outcome): Promise<void> {
  const { clock, instance, repositories } = context;
  try {
    const retired = await repositories.workers.retire({
      workerId: worker.id,
      epoch: instance.epoch,
      at: clock.now(),
      termination,
    });
    // Whoever is placing a job on it finds that it is gone, and destroys it.
    if (!context.idle?.keeps(retired)) runner.clean(retired);
  } catch (error) {
    if (!isHodeiError(error, 'conflict', 'stale_epoch')) throw error;
  }
}

async function drain(context: JobContext, { id: workerId }: Worker): Promise<void> {
  const { clock, idle, instance, repositories } = context;
  // First, so that whoever ends its job meanwhile does not let it wait for another one.
  idle?.letGo(workerId);
  try {
    const at = clock.now();
    await repositories.workers.transition({ workerId, epoch: instance.epoch, from: 'busy', to: 'draining', at });
  } catch (error) {
    // It has ended meanwhile, which is what draining waits for.
    if (!isHodeiError(error, 'conflict', 'stale_epoch')) throw error;
  }
}

/** Its engine did not list it twice; now it is asked for by its handle. Only "there is no such worker" counts. */
async function giveUp(context: JobContext, runner: JobRunner, worker: Worker): Promise<void> {
  const { id: workerId, jobId, handle, providerId } = worker;
  if (jobId === undefined || handle === undefined) return;
  try {
    await context.registry.provider(providerId).getWorkerStatus(handle, { signal: context.lost });
  } catch (error) {
    if (context.lost.aborted) return;
    if (!isHodeiError(error, 'worker_not_found')) {
      context.diagnostics.warn('a worker is missing, and its engine does not say more', {
        workerId,
        error: toHodeiError(error),
      });
      return;
    }
    context.diagnostics.warn('a worker is lost', { workerId, jobId, missingSince: worker.missingSince });
    runner.lose(jobId, error);
  }
}
