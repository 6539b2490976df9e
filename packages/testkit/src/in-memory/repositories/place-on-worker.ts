import { NO_OUTPUT, type Attempt, type JobId, type Placement } from '@hodei/domain';
import { changeWorkerState } from './change-worker-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { attemptsOf } from './rows.ts';

/** Whether a job can be placed on this worker now. */
export function isWaiting(store: InMemoryStore, { workerId, epoch }: Placement): boolean {
  const worker = store.workers.get(workerId);
  return worker?.state === 'ready' && worker.epoch === epoch && worker.pool !== undefined;
}

/** Begins an attempt on a waiting worker; nothing where it does not wait any more. */
export function placeOnWorker(store: InMemoryStore, jobId: JobId, placement: Placement): Attempt | undefined {
  const { attemptId, workerId, epoch, nonce, at, expiresAt } = placement;
  const worker = store.workers.get(workerId);
  if (worker === undefined || !isWaiting(store, placement)) return undefined;
  const attempt: Attempt = {
    id: attemptId,
    jobId,
    workerId,
    providerId: worker.providerId,
    epoch,
    nonce,
    number: attemptsOf(store, jobId).length + 1,
    phases: structuredClone(placement.phases),
    acknowledged: NO_OUTPUT,
    warnings: [],
  };
  store.attempts.set(attemptId, attempt);
  changeWorkerState(store, worker, { to: 'busy', at, set: { jobId, expiresAt, jobsRun: worker.jobsRun + 1 } });
  return attempt;
}
