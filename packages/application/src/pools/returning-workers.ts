import type { EpochMs, Pool, WorkerId } from '@hodei/domain';

import type { PoolWorker } from './pool-worker.ts';
import { RecentTimes } from './recent-times.ts';

interface Busy {
  readonly worker: PoolWorker;
  readonly tenant: string | undefined;
  readonly since: EpochMs;
}

/** What may be expected of the workers of one pool that run jobs now. */
export interface Return {
  /** How many wait again before a new one would be ready. */
  readonly workers: number;
  /** How many jobs those could take one after another in that time. */
  readonly jobs: number;
  /** When that has to be looked at again: one of them will have taken longer than its like. */
  readonly overdueAt: EpochMs;
}

const NOBODY: Return = { workers: 0, jobs: 0, overdueAt: Number.POSITIVE_INFINITY };

/**
 * The workers that run a job now and may wait for another one after it: how soon they can be expected. From how long
 * the last jobs of their pool took; a job that has run for longer than those is expected no more.
 */
export class ReturningWorkers {
  readonly #busy = new Map<WorkerId, Busy>();
  readonly #runTimes = new Map<string, RecentTimes>();

  began(worker: PoolWorker, tenant: string | undefined, since: EpochMs): void {
    if (worker.reusable) this.#busy.set(worker.workerId, { worker, tenant, since });
  }

  /** @param at when it came back; absent where it won't. */
  ended(workerId: WorkerId, at?: EpochMs): void {
    const busy = this.#busy.get(workerId);
    this.#busy.delete(workerId);
    if (busy === undefined || at === undefined) return;
    const times = this.#runTimes.get(busy.worker.pool) ?? new RecentTimes();
    this.#runTimes.set(busy.worker.pool, times);
    times.add(at - busy.since);
  }

  /**
   * @param withinMs how long a new worker takes to be ready.
   * @param forTenant given: only those that this tenant's jobs may use.
   */
  expected(
    pool: Pick<Pool, 'name' | 'template' | 'maxJobsPerWorker'>,
    now: EpochMs,
    withinMs: number,
    forTenant?: { readonly name: string | undefined },
  ): Return {
    const tookMs = this.#runTimes.get(pool.name)?.p95;
    if (tookMs === undefined || tookMs > withinMs) return NOBODY;
    const rounds = Math.floor(withinMs / Math.max(1, tookMs));
    let { workers, jobs, overdueAt } = NOBODY;
    for (const { worker, tenant, since } of this.#busy.values()) {
      const left = pool.maxJobsPerWorker - worker.jobsRun - 1;
      const isOfPool = worker.pool === pool.name && worker.template === pool.template && worker.expiresAt > now;
      if (!isOfPool || left <= 0 || now > since + tookMs) continue;
      if (forTenant !== undefined && forTenant.name !== tenant) continue;
      workers += 1;
      jobs += Math.min(left, rounds);
      overdueAt = Math.min(overdueAt, since + tookMs + 1);
    }
    return { workers, jobs, overdueAt };
  }
}
