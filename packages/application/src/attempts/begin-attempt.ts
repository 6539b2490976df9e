import {
  parseAttemptId,
  parseWorkerId,
  type Attempt,
  type EpochMs,
  type Job,
  type JobSpec,
  type NewAttempt,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/** An attempt of a job on a worker that is to be made for it. */
export function newAttempt(
  context: Pick<JobContext, 'ids' | 'clock' | 'policy' | 'instance'>,
  spec: Pick<JobSpec, 'image' | 'resources' | 'timeoutMs'>,
  { id: providerId }: Pick<WorkerProvider, 'id'>,
  phases: Attempt['phases'],
): Omit<NewAttempt, 'jobId'> {
  const { ids, clock, instance } = context;
  const workerId = parseWorkerId(ids.uuid());
  return {
    attemptId: parseAttemptId(ids.uuid()),
    providerId,
    worker: { workerId, image: spec.image, resources: spec.resources, expiresAt: expiryOf(context, spec) },
    nonce: ids.nonce(),
    epoch: instance.epoch,
    phases,
    at: clock.now(),
  };
}

/** Intent before effect: the rows say that the worker shall exist before the engine is asked. */
export async function beginAttempt(
  context: JobContext,
  job: Job,
  provider: WorkerProvider,
  phases: Attempt['phases'],
): Promise<Attempt> {
  const { attempts } = context.repositories;
  const wanted = { ...newAttempt(context, job.spec, provider, phases), jobId: job.id };
  return persist(
    context,
    () => attempts.begin({ ...wanted, at: context.clock.now() }),
    async () => (await attempts.listByJob(job.id)).find(({ id }) => id === wanted.attemptId),
  );
}

/** When a worker for this job, made now, should be needed by nobody any more. */
export const expiryOf = (
  context: Pick<JobContext, 'clock' | 'policy'>,
  { timeoutMs = 0 }: Pick<JobSpec, 'timeoutMs'>,
): EpochMs => context.clock.now() + timeoutMs + context.policy.workerLifetimeMs;
