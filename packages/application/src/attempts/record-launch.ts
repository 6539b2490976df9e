import type { Attempt, WorkerHandle } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persistChange } from '../support/persist.ts';

/**
 * Records that a worker is about to be made which runs its job by itself. Durable before the engine is asked: whoever
 * adopts the attempt must not take the job for one that never began.
 */
export async function recordConnecting(
  context: JobContext,
  { workerId, epoch }: Pick<Attempt, 'workerId' | 'epoch'>,
): Promise<void> {
  const { workers } = context.repositories;
  await persistChange(
    context,
    () => workers.transition({ workerId, epoch, from: 'creating', to: 'connecting', at: context.clock.now() }),
    async () => (await workers.get(workerId)).state === 'connecting',
  );
}

/** Records that the engine has made the worker. Durable before the order is sent. */
export async function recordReady(
  context: JobContext,
  { workerId, epoch }: Pick<Attempt, 'workerId' | 'epoch'>,
  handle: WorkerHandle,
): Promise<void> {
  const { workers } = context.repositories;
  await persistChange(
    context,
    () => workers.markReady({ workerId, epoch, handle, at: context.clock.now() }),
    async () => (await workers.get(workerId)).state === 'ready',
  );
}

/** Records that the order was carried out. */
export async function recordLaunch(
  context: JobContext,
  attempt: Attempt,
  handle: WorkerHandle,
  phases: Attempt['phases'],
): Promise<void> {
  const { attempts, jobs } = context.repositories;
  const launch = {
    attemptId: attempt.id,
    epoch: attempt.epoch,
    phases,
    warnings: handle.warnings,
    at: context.clock.now(),
  };
  await persistChange(
    context,
    () => attempts.markLaunched(launch),
    async () => (await jobs.get(attempt.jobId)).state === 'running',
  );
}
