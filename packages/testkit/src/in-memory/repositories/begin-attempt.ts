import { NO_OUTPUT, type Attempt, type NewAttempt, type RoomFor } from '@hodei/domain';
import { assertRoom } from './assert-room.ts';
import { storeNewWorker } from './change-worker-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { assertStill, attemptsOf, found } from './rows.ts';

/** @throws HodeiError where the attempt of a job can't begin, whatever the job's row says. */
export function assertCanBegin(store: InMemoryStore, wanted: Omit<NewAttempt, 'jobId'>, roomFor: RoomFor): void {
  const { attemptId, providerId, worker } = wanted;
  found(store.providers.get(providerId), 'provider', providerId);
  assertStill(!store.attempts.has(attemptId), `attempt ${attemptId} exists already`);
  assertStill(!store.workers.has(worker.workerId), `worker ${worker.workerId} exists already`);
  assertRoom(store, wanted, worker.resources, roomFor);
}

/** Stores an attempt and its worker. */
export function beginAttempt(store: InMemoryStore, wanted: NewAttempt): Attempt {
  const { attemptId, jobId, providerId, epoch, worker, at } = wanted;
  const attempt: Attempt = {
    id: attemptId,
    jobId,
    workerId: worker.workerId,
    providerId,
    epoch,
    nonce: wanted.nonce,
    number: attemptsOf(store, jobId).length + 1,
    phases: structuredClone(wanted.phases),
    acknowledged: NO_OUTPUT,
    warnings: [],
  };
  store.attempts.set(attemptId, attempt);
  storeNewWorker(store, worker, { providerId, epoch, jobId }, at);
  return structuredClone(attempt);
}
