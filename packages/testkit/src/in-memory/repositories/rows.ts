import {
  HodeiError,
  type Attempt,
  type AttemptId,
  type Epoch,
  type EpochMs,
  type JobId,
  type Worker,
  type WorkerId,
} from '@hodei/domain';
import type { InMemoryStore, JobRow } from './in-memory-store.ts';

/** @throws HodeiError `not_found` */
export const jobRow = (store: InMemoryStore, id: JobId): JobRow => found(store.jobs.get(id), 'job', id);
/** @throws HodeiError `not_found` */
export const attemptRow = (store: InMemoryStore, id: AttemptId): Attempt =>
  found(store.attempts.get(id), 'attempt', id);
/** @throws HodeiError `not_found` */
export const workerRow = (store: InMemoryStore, id: WorkerId): Worker => found(store.workers.get(id), 'worker', id);

/** @throws HodeiError `not_found` where there is no row. */
export function found<Row>(row: Row | undefined, subject: string, id: string): Row {
  if (row === undefined) throw new HodeiError('not_found', `there is no ${subject} ${id}`);
  return row;
}

/** @throws HodeiError `stale_epoch` where someone else owns the row; what nobody owns passes. */
export function assertOwner(subject: string, row: { readonly epoch?: Epoch }, epoch: Epoch): void {
  if (row.epoch === undefined || row.epoch === epoch) return;
  throw new HodeiError('stale_epoch', `the ${subject} is owned by epoch ${row.epoch}, not by ${epoch}`);
}

/** @throws HodeiError `stale_epoch` where the lease of this epoch is over. */
export function assertAlive(store: InMemoryStore, epoch: Epoch, now: EpochMs): void {
  if ((store.instances.get(epoch)?.leaseExpiresAt ?? 0) > now) return;
  throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out; it can't begin anything`);
}

/** @throws HodeiError `conflict` unless the row still is as the caller saw it. */
export function assertStill(ok: boolean, message: string): asserts ok {
  if (!ok) throw new HodeiError('conflict', message);
}

/** The attempt of a job that has no outcome yet. */
export function openAttempt(store: InMemoryStore, jobId: JobId): Attempt | undefined {
  return attemptsOf(store, jobId).find((attempt) => attempt.outcome === undefined);
}

/** All attempts of a job, by number. */
export function attemptsOf(store: InMemoryStore, jobId: JobId): readonly Attempt[] {
  return [...store.attempts.values()].filter((attempt) => attempt.jobId === jobId);
}
