import {
  parseAttemptId,
  parseWorkerId,
  type Attempt,
  type EpochMs,
  type Job,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/** Intent before effect: the rows say that the worker shall exist before the engine is asked. */
export async function beginAttempt(
  context: JobContext,
  job: Job,
  provider: WorkerProvider,
  phases: Attempt['phases'],
): Promise<Attempt> {
  const { attempts } = context.repositories;
  const attemptId = parseAttemptId(context.ids.uuid());
  const workerId = parseWorkerId(context.ids.uuid());
  const nonce = context.ids.nonce();
  const worker = { workerId, image: job.spec.image, resources: job.spec.resources, expiresAt: expiryOf(context, job) };
  const { epoch } = context.instance;
  return persist(
    context,
    () =>
      attempts.begin({
        attemptId,
        jobId: job.id,
        providerId: provider.id,
        worker,
        nonce,
        epoch,
        phases,
        at: context.clock.now(),
      }),
    async () => (await attempts.listByJob(job.id)).find(({ id }) => id === attemptId),
  );
}

/** When a worker for this job, made now, should be needed by nobody any more. */
export const expiryOf = (context: Pick<JobContext, 'clock' | 'policy'>, job: Job): EpochMs =>
  context.clock.now() + (job.spec.timeoutMs ?? 0) + context.policy.workerLifetimeMs;
