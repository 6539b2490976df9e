import type { EpochMs, Pool } from '@hodei/domain';

import type { PoolWorker } from './pool-worker.ts';

/** How many workers shall wait here, and how many may. */
export interface Aim {
  readonly target: number;
  readonly maxIdle: number;
}

/** A waiting worker that is to go, and why. */
export interface Surplus {
  readonly worker: PoolWorker;
  readonly why: string;
  readonly cause: 'retired' | 'worker_lost';
}

/**
 * Which of the workers that wait are to go.
 * @param waiting those of the pool, the longest waiting first.
 */
export function surplusOf(waiting: readonly PoolWorker[], pool: Pool, aim: Aim, now: EpochMs): readonly Surplus[] {
  const gone: Surplus[] = [];
  const kept: PoolWorker[] = [];
  for (const worker of waiting) {
    // Where its engine died and its container did not, nobody else would notice that it can take no order.
    if (!worker.provider.isWaiting(worker.handle))
      gone.push({ worker, why: 'its connection ended while it waited', cause: 'worker_lost' });
    else if (worker.template !== pool.template || worker.expiresAt <= now)
      gone.push({ worker, why: 'its template or its time is over', cause: 'retired' });
    else kept.push(worker);
  }
  kept.forEach((worker, index) => {
    const fromHere = kept.length - index;
    // Over the pool's bound they go at once, over the target when they are old.
    const isTooMany = fromHere > aim.maxIdle || (fromHere > aim.target && now - worker.idleSince >= pool.idleTtlMs);
    if (isTooMany) gone.push({ worker, why: `more than ${aim.target} wait`, cause: 'retired' });
  });
  return gone;
}
