import type { EpochMs, JobId } from '@hodei/domain';

import { Arrivals } from './arrivals.ts';
import { RecentTimes } from './recent-times.ts';

/** What a start is taken to take while none was seen, in milliseconds. */
const UNKNOWN_START_MS = 500;

/** What this instance saw of each pool lately: the target of its idle workers is decided from that. */
export class PoolFigures {
  readonly #arrivals = new Map<string, Arrivals>();
  readonly #startTimes = new Map<string, RecentTimes>();

  /** A job asked this instance for a worker of the pool. */
  arrived(pool: string, jobId: JobId, at: EpochMs): void {
    const arrivals = this.#arrivals.get(pool) ?? new Arrivals();
    this.#arrivals.set(pool, arrivals);
    arrivals.add(jobId, at);
  }

  arrivalsPerSecond(pool: string, now: EpochMs): number {
    return this.#arrivals.get(pool)?.perSecond(now) ?? 0;
  }

  /** A worker of the pool was ready after so long, in milliseconds. */
  started(pool: string, tookMs: number): void {
    const times = this.#startTimes.get(pool) ?? new RecentTimes();
    this.#startTimes.set(pool, times);
    times.add(tookMs);
  }

  /** In 95 of 100 cases a new worker of the pool is ready after so long, in milliseconds, as far as is known. */
  startP95Ms(pool: string): number {
    return this.#startTimes.get(pool)?.p95 ?? UNKNOWN_START_MS;
  }

  forget(pool: string): void {
    this.#arrivals.delete(pool);
    this.#startTimes.delete(pool);
  }
}
