import {
  fitsTemplate,
  type EpochMs,
  type Job,
  type JobSpec,
  type Pool,
  type Worker,
  type WorkerId,
  type WorkerProvider,
} from '@hodei/domain';

import { sameData } from '../registry/same-data.ts';
import { Bell } from '../support/bell.ts';
import { AwaitingJobs } from './awaiting-jobs.ts';
import { mayTake } from './may-take.ts';
import { PoolFigures } from './pool-figures.ts';
import type { PoolWorker } from './pool-worker.ts';
import { ReturningWorkers } from './returning-workers.ts';

/**
 * What this process does with a worker of a pool: makes it; lets it wait; places a job on it; does not know whether
 * a job was placed on it, because the answer was lost; runs a job on it.
 */
type Use = 'making' | 'waiting' | 'placing' | 'doubted' | 'running';

interface Held {
  readonly use: Use;
  readonly pool: string;
  readonly worker?: PoolWorker;
}

/**
 * The workers of pools that this instance holds: their connections are in this process, so nobody else can give them
 * an order. All of it is in memory; the rows say the same, and a job gets a worker by compare-and-set on its row.
 */
export class IdleWorkers {
  /** Rings when a worker was taken, came back or was lost, and when a job found none. */
  readonly changed = new Bell();
  readonly figures = new PoolFigures();
  /** The workers that run a job and may come back. */
  readonly returning = new ReturningWorkers();
  readonly #held = new Map<WorkerId, Held>();
  /** Waiting workers by pool, the latest to come last. */
  readonly #waiting = new Map<string, PoolWorker[]>();
  /** They run a job and shall take no other. */
  readonly #leaving = new Set<WorkerId>();
  readonly #awaiting = new AwaitingJobs();
  #pools: readonly Pool[] = [];

  /** The pools as last read. Jobs are matched against these. */
  get pools(): readonly Pool[] {
    return this.#pools;
  }

  /** A template that did not change stays the same object, and its workers fit on. */
  setPools(pools: readonly Pool[]): void {
    const before = new Map(this.#pools.map((pool) => [pool.name, pool]));
    this.#pools = pools.map((pool) => {
      const known = before.get(pool.name)?.template;
      return known !== undefined && sameData(known, pool.template) ? { ...pool, template: known } : pool;
    });
  }

  /** The workers that wait, the longest waiting first. */
  waiting(pool: string): readonly PoolWorker[] {
    return [...(this.#waiting.get(pool) ?? [])];
  }

  /** The pools of which workers wait here, also those that are no pool any more. */
  waitingPools(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  count(pool: string, use: Use): number {
    if (use === 'waiting') return this.#waiting.get(pool)?.length ?? 0;
    let count = 0;
    for (const held of this.#held.values()) if (held.use === use && held.pool === pool) count += 1;
    return count;
  }

  /** How many workers of the pool this instance holds, whatever it does with them. */
  held(pool: string): number {
    let count = 0;
    for (const held of this.#held.values()) if (held.pool === pool) count += 1;
    return count;
  }

  /** A worker is about to be made. From now on nobody here takes it for one that was left behind. */
  make(workerId: WorkerId, pool: string): void {
    this.#held.set(workerId, { use: 'making', pool });
  }

  /** The worker finishes the job that it runs, and takes no other. */
  letGo(workerId: WorkerId): void {
    if (!this.#held.has(workerId) || this.#leaving.has(workerId)) return;
    this.#leaving.add(workerId);
    this.returning.ended(workerId);
    this.changed.ring();
  }

  isLeaving(workerId: WorkerId): boolean {
    return this.#leaving.has(workerId);
  }

  /** The worker waits for a job; or goes to one that waits for it. One that is let go is forgotten: its row is ending. */
  wait(worker: PoolWorker): void {
    if (this.isLeaving(worker.workerId)) return this.forget(worker.workerId);
    this.returning.ended(worker.workerId, worker.idleSince);
    const template = this.pools.find(({ name }) => name === worker.pool)?.template;
    const waiter = worker.template === template ? this.#awaiting.firstFor(worker) : undefined;
    if (waiter !== undefined) return waiter.take(this.#use(worker, 'placing'));
    this.#held.set(worker.workerId, { use: 'waiting', pool: worker.pool, worker });
    const others = this.#waiting.get(worker.pool);
    if (others === undefined) this.#waiting.set(worker.pool, [worker]);
    else others.push(worker);
    this.changed.ring();
  }

  /**
   * Takes the worker that came last and fits, so that those which are not needed grow old. Nothing waits here: what
   * was taken is nobody else's.
   * @param admits whether the worker's provider may take this job now.
   */
  take(
    { id, spec }: Pick<Job, 'id' | 'spec'>,
    now: EpochMs,
    admits: (provider: WorkerProvider) => boolean,
  ): PoolWorker | undefined {
    for (const pool of this.#pools) {
      if (!fitsTemplate(pool.template, spec)) continue;
      this.figures.arrived(pool.name, id, now);
      this.changed.ring();
      const fits = (one: PoolWorker): boolean => one.template === pool.template && mayTake(one, { spec, admits }, now);
      const waiting = this.#waiting.get(pool.name) ?? [];
      // One that served this tenant first: the others may still serve anybody.
      const worker = waiting.findLast((one) => one.servedTenant !== undefined && fits(one)) ?? waiting.findLast(fits);
      if (worker !== undefined) return this.#use(worker, 'placing');
    }
    return undefined;
  }

  /**
   * Waits for a worker that runs a job now, where one is expected back sooner than a new one would be ready.
   * @param wait resolves after so many milliseconds, or when nobody waits any more.
   * @returns nothing where there is none to wait for, or it did not come in time.
   */
  async takeNext(
    spec: JobSpec,
    now: EpochMs,
    admits: (provider: WorkerProvider) => boolean,
    wait: (mostMs: number) => Promise<void>,
  ): Promise<PoolWorker | undefined> {
    const mostMs = this.#worthWaitingMs(spec, now);
    if (mostMs === undefined) return undefined;
    return this.#awaiting.wait({ spec, admits }, wait(mostMs));
  }

  /** Takes a worker that waits, to destroy it. @returns whether it still waited. */
  remove({ workerId }: Pick<PoolWorker, 'workerId'>): boolean {
    const waited = this.#held.get(workerId)?.use === 'waiting';
    if (waited) this.forget(workerId);
    return waited;
  }

  /** A job was placed on the worker. @param job from when on it runs, and for whom. */
  run(worker: PoolWorker, job: { readonly tenant: string | undefined; readonly since: EpochMs }): void {
    this.#use(worker, 'running');
    this.returning.began(worker, job.tenant, job.since);
  }

  /** Nobody knows whether a job was placed on it: the rows will tell, see {@link settleDoubt}. */
  doubt(worker: PoolWorker): void {
    this.#use(worker, 'doubted');
  }

  /** It is no worker of a pool here any more. */
  forget(workerId: WorkerId): void {
    const held = this.#held.get(workerId);
    if (held === undefined) return;
    this.#unlist(workerId, held.pool);
    this.#held.delete(workerId);
    this.#leaving.delete(workerId);
    this.returning.ended(workerId);
    this.changed.ring();
  }

  isWaiting(workerId: WorkerId): boolean {
    return this.#held.get(workerId)?.use === 'waiting';
  }

  /** Takes a worker of which was not known whether a job was placed on it; one was. */
  settleDoubt(workerId: WorkerId): PoolWorker | undefined {
    const held = this.#held.get(workerId);
    return held?.use === 'doubted' && held.worker !== undefined ? this.#use(held.worker, 'running') : undefined;
  }

  /** Whether a live row is the row of a worker that this instance holds. One whose row is ending is forgotten here. */
  keeps(row: Worker): boolean {
    const held = this.#held.get(row.id);
    if (held === undefined) return false;
    const hasNoJob = held.use === 'waiting' || (held.use === 'doubted' && row.jobId === undefined);
    if (row.state === 'terminating' || (row.state === 'draining' && hasNoJob)) {
      this.forget(row.id);
      return false;
    }
    if (held.use === 'doubted' && held.worker !== undefined && row.state === 'ready') this.wait(held.worker);
    return true;
  }

  /** Whether a busy worker might come back for such a job: whether it is worth waiting for is known once it is claimed. */
  mightReturn(spec: JobSpec): boolean {
    if (spec.stdin !== undefined) return false;
    return this.#pools.some(
      ({ name, template, maxJobsPerWorker }) =>
        maxJobsPerWorker > 1 && fitsTemplate(template, spec) && this.held(name) > 0,
    );
  }

  /** How long a new worker takes, where enough busy ones are expected back before for all who wait already. */
  #worthWaitingMs(spec: JobSpec, now: EpochMs): number | undefined {
    if (spec.stdin !== undefined) return undefined;
    for (const pool of this.#pools) {
      if (pool.maxJobsPerWorker < 2 || !fitsTemplate(pool.template, spec)) continue;
      const startMs = this.figures.startP95Ms(pool.name);
      const { jobs } = this.returning.expected(pool, now, startMs, { name: spec.tenant });
      if (this.#awaiting.countFitting(pool.template) < jobs) return startMs;
    }
    return undefined;
  }

  #use(worker: PoolWorker, use: Use): PoolWorker {
    this.#unlist(worker.workerId, worker.pool);
    this.#held.set(worker.workerId, { use, pool: worker.pool, worker });
    return worker;
  }

  #unlist(workerId: WorkerId, pool: string): void {
    const waiting = this.#waiting.get(pool);
    const index = waiting?.findIndex((one) => one.workerId === workerId) ?? -1;
    if (index === -1) return;
    if (waiting?.length === 1) this.#waiting.delete(pool);
    else waiting?.splice(index, 1);
  }
}
