import type { Attempt, WorkerHandle } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/** Records that the engine has made the worker. Durable before the order is sent. */
export async function recordReady(context: JobContext, attempt: Attempt, handle: WorkerHandle): Promise<void> {
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

/** Records that the order was carried out. */
export async function recordLaunch(
  context: JobContext,
  attempt: Attempt,
  handle: WorkerHandle,
  phases: Attempt['phases'],
): Promise<void> {
  const { attempts, workers } = context.repositories;
  const launch = {
    attemptId: attempt.id,
    epoch: attempt.epoch,
    phases,
    warnings: handle.warnings,
    at: context.clock.now(),
  };
  await persist(
    context,
    async () => {
      await attempts.markLaunched(launch);
      return true;
    },
    async () => ((await workers.get(attempt.workerId)).state === 'busy' ? true : undefined),
  );
}
