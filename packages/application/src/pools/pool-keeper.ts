import type { EpochMs, Pool, PoolTemplate } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { PoolContext } from './pool-context.ts';
import { PoolFailures } from './pool-failures.ts';
import { Refills } from './refills.ts';
import { surplusOf, type Aim, type Surplus } from './surplus.ts';
import { shareOf, targetIdle, type IdleDemand, type IdleTarget } from './target-idle.ts';
import { tellOfPool } from './tell-of-pool.ts';

/** Pools and instances are read again so often, in milliseconds. */
const READ_EVERY_MS = 1000;

/** What one instance knows of a pool beside its workers. */
interface PoolState {
  template: PoolTemplate;
  target: IdleTarget;
  readonly failures: PoolFailures;
  /** Something is to be looked at then, although nothing changes. */
  lookAt: EpochMs;
}

/**
 * Keeps the idle workers of all pools at the number that is wanted, as far as this instance's part goes. Each step
 * looks at everything and acts on the difference; what it starts goes on in the background.
 */
export class PoolKeeper {
  readonly #context: PoolContext;
  readonly #runner: JobRunner;
  readonly #states = new Map<string, PoolState>();
  readonly #refills: Refills;
  #readAt = Number.NEGATIVE_INFINITY;
  #share = { index: 0, count: 1 };

  constructor(context: PoolContext, runner: JobRunner) {
    this.#context = context;
    this.#runner = runner;
    this.#refills = new Refills(context, runner);
  }

  /**
   * One look at all pools: decides how many workers shall wait, begins to make those that are missing, and destroys
   * those that are too many, too old or of a template that is no more.
   * @returns how many workers it began to make, and to destroy.
   * @throws HodeiError `database_unavailable`
   */
  async step(): Promise<{ readonly made: number; readonly destroyed: number }> {
    const { idle, clock } = this.#context;
    if (clock.now() - this.#readAt >= READ_EVERY_MS) await this.#read();
    let made = 0;
    let destroyed = 0;
    for (const pool of idle.pools) {
      const state = this.#stateOf(pool);
      const aim = await this.#aim(pool, state);
      destroyed += this.#trim(pool, aim);
      made += await this.#refill(pool, state, aim.target);
    }
    const names = new Set(idle.pools.map(({ name }) => name));
    for (const name of idle.waitingPools()) {
      if (!names.has(name)) destroyed += this.#discardAll(name, 'its pool is no more');
    }
    for (const name of this.#states.keys()) if (!names.has(name)) this.#forget(name);
    return { made, destroyed };
  }

  /** When there is something to do although nothing changes. */
  get nextAt(): EpochMs {
    return Math.min(this.#readAt + READ_EVERY_MS, ...[...this.#states.values()].map(({ lookAt }) => lookAt));
  }

  /** Resolves when no worker is being made. */
  settled(): Promise<void> {
    return this.#refills.settled();
  }

  /** Makes no more workers, and destroys those that wait. Jobs that run go on. */
  async close(): Promise<void> {
    const { idle, lost } = this.#context;
    await this.#refills.close();
    idle.setPools([]);
    for (const name of this.#states.keys()) this.#forget(name);
    if (lost.aborted) return;
    for (const name of idle.waitingPools()) this.#discardAll(name, 'its instance ends');
  }

  async #read(): Promise<void> {
    const { repositories, instance, idle, clock } = this.#context;
    const [pools, live] = await Promise.all([repositories.pools.list(), repositories.instances.listLive()]);
    const keepers = live.filter(({ keepsPools }) => keepsPools).map(({ epoch }) => epoch);
    const index = keepers.toSorted((a, b) => a - b).indexOf(instance.epoch);
    if (index !== -1) this.#share = { index, count: keepers.length };
    idle.setPools(pools);
    this.#readAt = clock.now();
  }

  #forget(name: string): void {
    this.#states.delete(name);
    this.#context.idle.figures.forget(name);
    this.#context.telemetry?.poolTarget(name, undefined);
  }

  #stateOf({ name, template }: Pool): PoolState {
    const known = this.#states.get(name);
    if (known === undefined) {
      const state = { template, target: { target: 0 }, failures: new PoolFailures(), lookAt: Number.POSITIVE_INFINITY };
      this.#states.set(name, state);
      return state;
    }
    if (known.template !== template) known.failures.changed();
    known.template = template;
    return known;
  }

  /** Decides how many shall wait; says why where that changes. */
  async #aim(pool: Pool, state: PoolState): Promise<Aim> {
    const { idle, clock } = this.#context;
    const { index, count } = this.#share;
    const now = clock.now();
    const demand: IdleDemand = {
      policy: pool.policy,
      minIdle: shareOf(pool.minIdle, index, count),
      maxIdle: shareOf(pool.maxIdle, index, count),
      arrivalsPerSecond: idle.figures.arrivalsPerSecond(pool.name, now),
      startP95Ms: idle.figures.startP95Ms(pool.name),
    };
    const before = state.target.target;
    state.target = targetIdle(state.target, demand, now);
    const { target } = state.target;
    this.#context.telemetry?.poolTarget(pool.name, target);
    if (target !== before) {
      const { policy, ...numbers } = demand;
      const counts = { idle: idle.count(pool.name, 'waiting'), starting: idle.count(pool.name, 'making') };
      const change = { pool: pool.name, from: before, to: target };
      await tellOfPool(this.#context, 'pool.scaled', { ...change, policy, ...counts, ...numbers });
    }
    return { target, maxIdle: Math.max(target, demand.maxIdle) };
  }

  #trim(pool: Pool, aim: Aim): number {
    const { idle, clock } = this.#context;
    return this.#discard(surplusOf(idle.waiting(pool.name), pool, aim, clock.now()));
  }

  #discardAll(pool: string, why: string): number {
    return this.#discard(this.#context.idle.waiting(pool).map((worker) => ({ worker, why, cause: 'retired' })));
  }

  #discard(surplus: readonly Surplus[]): number {
    let destroyed = 0;
    for (const { worker, why, cause } of surplus) {
      if (!this.#context.idle.remove(worker)) continue;
      destroyed += 1;
      this.#runner.discard(worker, why, cause);
    }
    return destroyed;
  }

  async #refill(pool: Pool, state: PoolState, target: number): Promise<number> {
    const { idle, clock } = this.#context;
    let made = 0;
    for (;;) {
      // Those that come back before a new one were ready need not be replaced meanwhile.
      const back = idle.returning.expected(pool, clock.now(), idle.figures.startP95Ms(pool.name));
      state.lookAt = back.overdueAt;
      const missing = target - idle.count(pool.name, 'waiting') - idle.count(pool.name, 'making') - back.workers;
      if (missing <= 0 || idle.held(pool.name) >= pool.maxWorkers) return made;
      if (!(await this.#refills.begin(pool, state.failures))) return made;
      made += 1;
    }
  }
}
