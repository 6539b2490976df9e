import type { EpochMs } from '../clock.ts';
import type { Worker } from './worker.ts';
import { isIdle } from './worker.ts';

/** Why a worker that is idle is let go. */
export type Retirement = 'asked' | 'expired' | 'idle';

/**
 * Whether an idle worker is to be let go now: its end was asked for, it is older than it may get (`expiresAt`), or it
 * was idle for too long. Idle time counts from when it last became ready, which is the end of its last job. One that
 * has a job is never let go by its age: it takes no further one. Pure.
 *
 * @param idleTimeoutMs for workers that name none. How long those of a pool may wait is their pool's to say.
 */
export function retirement(worker: Worker, now: EpochMs, idleTimeoutMs: number): Retirement | undefined {
  if (!isIdle(worker)) return undefined;
  if (worker.endRequest !== undefined) return 'asked';
  if (now >= worker.expiresAt) return 'expired';
  const mostMs = worker.idleTimeoutMs ?? (worker.pool === undefined ? idleTimeoutMs : Number.POSITIVE_INFINITY);
  return now - worker.stateChangedAt >= mostMs ? 'idle' : undefined;
}
