import {
  transitionWorker,
  type EpochMs,
  type JobId,
  type Outcome,
  type Worker,
  type WorkerHandle,
  type WorkerSpec,
  type WorkerState,
} from '@hodei/domain';
import { outcomeFacts } from './change-job-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';

/** What changes together with a worker's state. */
export interface WorkerChange {
  readonly to: WorkerState;
  readonly at: EpochMs;
  readonly handle?: WorkerHandle;
  /** Fields that change beside the state; `jobId: null` takes the job away. */
  readonly set?: Partial<Pick<Worker, 'expiresAt' | 'jobsRun'>> & { readonly jobId?: JobId | null };
  /** Kept from the first time it is given. */
  readonly termination?: Outcome | undefined;
}

/** Moves a worker on, by the table, and writes the history. */
export function changeWorkerState(store: InMemoryStore, worker: Worker, change: WorkerChange): Worker {
  const termination = worker.termination ?? structuredClone(change.termination);
  const { jobId = worker.jobId, ...set } = change.set ?? {};
  const { jobId: _, ...rest } = worker;
  const changed: Worker = {
    ...rest,
    ...set,
    ...(jobId === undefined || jobId === null ? {} : { jobId }),
    state: transitionWorker(worker.state, change.to),
    stateChangedAt: change.at,
    ...(change.handle === undefined ? {} : { handle: structuredClone(change.handle) }),
    ...(termination === undefined ? {} : { termination }),
  };
  storeWorker(store, changed, change.at);
  return changed;
}

/** Stores a worker that is to be made. @returns its row. */
export function storeNewWorker(
  store: InMemoryStore,
  { workerId: id, image, resources, expiresAt }: Pick<WorkerSpec, 'workerId' | 'image' | 'resources' | 'expiresAt'>,
  of: Pick<Worker, 'providerId' | 'epoch' | 'jobId' | 'pool'>,
  at: EpochMs,
): Worker {
  const worker: Worker = {
    ...of,
    id,
    image,
    expiresAt,
    resources: structuredClone(resources),
    jobsRun: 0,
    state: 'creating',
    createdAt: at,
    stateChangedAt: at,
  };
  storeWorker(store, worker, at);
  return worker;
}

/** Stores a worker and writes its state into the history. */
function storeWorker(store: InMemoryStore, worker: Worker, at: EpochMs): void {
  store.workers.set(worker.id, worker);
  store.record({
    at,
    kind: `worker.${worker.state}`,
    workerId: worker.id,
    providerId: worker.providerId,
    ...(worker.jobId === undefined ? {} : { jobId: worker.jobId }),
    data: outcomeFacts(worker.termination),
  });
}
