import type { EpochMs } from '../clock.ts';
import type { Worker } from './worker.ts';

/** How long each kind of silence is borne, in milliseconds, before it means something. */
export interface WorkerGraces {
  /** So long without being seen, because its engine does not answer, and a worker is unreachable. */
  readonly unreachableAfterMs: number;
  /** So long missing from the list of an engine that answers, and a worker is lost. */
  readonly lostAfterMs: number;
  /** So long after a worker's own report the next one is overdue. */
  readonly heartbeatTimeoutMs: number;
}

/** Three looks for an engine that is away, a second look for a worker that is not listed. */
export const DEFAULT_WORKER_GRACES: WorkerGraces = {
  unreachableAfterMs: 15_000,
  lostAfterMs: 5_000,
  heartbeatTimeoutMs: 60_000,
};

/**
 * How a worker is, derived from its row and the time; it is never stored.
 *
 * - `healthy`: its engine listed it a short while ago, and nothing is wrong with it.
 * - `unhealthy`: it is there, but its engine says that it is sick or paused, or its own report is overdue.
 * - `unreachable`: its engine does not answer. That says nothing about the worker, and ends nothing.
 * - `lost`: its engine answers, and twice did not have it. What it ran is tried again elsewhere.
 * - `unknown`: too early to say, or too late.
 */
export type WorkerHealth =
  | { readonly status: 'healthy' }
  | { readonly status: 'unhealthy'; readonly reasons: readonly string[] }
  | { readonly status: 'unreachable'; readonly since: EpochMs }
  | { readonly status: 'lost'; readonly since: EpochMs }
  | { readonly status: 'unknown'; readonly reason: string };

/** See {@link WorkerHealth}. */
export type WorkerHealthStatus = WorkerHealth['status'];

/** Pure. */
export function workerHealth(worker: Worker, now: EpochMs, graces: WorkerGraces = DEFAULT_WORKER_GRACES): WorkerHealth {
  const { state, missingSince, lastSeenAt } = worker;
  if (state === 'terminated') return { status: 'unknown', reason: 'it is gone' };
  if (state === 'terminating') return { status: 'unknown', reason: 'it is being destroyed' };
  if (state === 'creating' || state === 'connecting') return { status: 'unknown', reason: 'it is being made' };
  if (missingSince !== undefined) {
    return now - missingSince >= graces.lostAfterMs
      ? { status: 'lost', since: missingSince }
      : { status: 'unknown', reason: 'its engine did not list it; it is looked at again' };
  }
  const seenAt = lastSeenAt ?? worker.handle?.createdAt ?? worker.createdAt;
  if (now - seenAt > graces.unreachableAfterMs) return { status: 'unreachable', since: seenAt };
  const reasons = [worker.trouble, overdue(worker, now, graces)].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? { status: 'healthy' } : { status: 'unhealthy', reasons };
}

/** Only a worker that has reported to its present owner is expected to go on doing so. */
function overdue({ heartbeat, epoch }: Worker, now: EpochMs, { heartbeatTimeoutMs }: WorkerGraces): string | undefined {
  if (heartbeat === undefined || heartbeat.epoch !== epoch) return undefined;
  const silentMs = now - heartbeat.at;
  return silentMs > heartbeatTimeoutMs ? `it has not reported for ${Math.round(silentMs / 1000)} s` : undefined;
}
