import { toHodeiError, type EpochMs, type HodeiError, type Pool, type ProviderId } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import { backoffMs } from '../support/backoff.ts';
import { isEngineAway } from '../registry/error-verdicts.ts';
import type { JobContext } from '../support/job-context.ts';
import type { IdleWorkers } from './idle-workers.ts';
import type { PoolWorker } from './pool-worker.ts';
import { demandOfTemplate, makeWorker } from './make-worker.ts';
import { shareOf, targetIdle, type IdleDemand, type IdleTarget } from './target-idle.ts';

/** Pools and instances are read again so often, in milliseconds. */
const READ_EVERY_MS = 1000;

/** What changes within this time is looked at together, in milliseconds. */
const GATHER_MS = 10;

/** The wait after a worker could not be made, in milliseconds: it doubles from the first to the last. */
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 60_000;

/** Where nothing is wrong with the template, it is tried again after so many milliseconds. */
const SOON_MS = 1000;

/** What one instance knows of a pool beside its workers. */
interface PoolState {
  target: IdleTarget;
  /** How many could not be made in a row, for whatever an engine said. */
  failures: number;
  /** How many of those the template may be the reason of. */
  refusals: number;
  /** None is made before this moment. */
  retryAt: EpochMs;
  /** One tries whether it works again. */
  isTrying: boolean;
  /** Something is to be looked at then, although nothing changes. */
  lookAt: EpochMs;
}

/** How many workers shall wait here, and how many may. */
interface Aim {
  readonly target: number;
  readonly maxIdle: number;
}

type PoolContext = JobContext & { readonly idle: IdleWorkers };

/**
 * Keeps the idle workers of all pools at the number that is wanted, as far as this instance's part goes. Each step
 * looks at everything and acts on the difference; what it starts goes on in the background.
 */
export class PoolKeeper {
  readonly #context: PoolContext;
  readonly #runner: JobRunner;
  readonly #states = new Map<string, PoolState>();
  /** What is being made, and on which provider. */
  readonly #making = new Map<Promise<void>, ProviderId>();
  readonly #closing = new AbortController();
  #readAt = Number.NEGATIVE_INFINITY;
  #share = { index: 0, count: 1 };

  constructor(context: PoolContext, runner: JobRunner) {
    this.#context = context;
    this.#runner = runner;
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
      const state = this.#stateOf(pool.name);
      const aim = await this.#aim(pool, state);
      destroyed += this.#trim(pool, aim);
      made += await this.#refill(pool, state, aim.target);
    }
    const names = new Set(idle.pools.map(({ name }) => name));
    for (const name of idle.waitingPools()) {
      if (!names.has(name)) destroyed += this.#destroy(idle.waiting(name), 'its pool is no more');
    }
    for (const name of this.#states.keys()) if (!names.has(name)) this.#forget(name);
    return { made, destroyed };
  }

  /** When there is something to do although nothing changes. */
  get nextAt(): EpochMs {
    return Math.min(this.#readAt + READ_EVERY_MS, ...[...this.#states.values()].map(({ lookAt }) => lookAt));
  }

  /** Resolves when no worker is being made. */
  async settled(): Promise<void> {
    while (this.#making.size > 0) await Promise.all(this.#making.keys());
  }

  /** Makes no more workers, and destroys those that wait. Jobs that run go on. */
  async close(): Promise<void> {
    const { idle, lost } = this.#context;
    this.#closing.abort();
    await this.settled();
    idle.setPools([]);
    for (const name of this.#states.keys()) this.#forget(name);
    if (lost.aborted) return;
    for (const name of idle.waitingPools()) this.#destroy(idle.waiting(name), 'its instance ends');
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
    this.#context.telemetry?.poolTarget(name, undefined);
  }

  #stateOf(name: string): PoolState {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const state = {
      target: { target: 0 },
      failures: 0,
      refusals: 0,
      retryAt: 0,
      isTrying: false,
      lookAt: Number.POSITIVE_INFINITY,
    };
    this.#states.set(name, state);
    return state;
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
      arrivalsPerSecond: idle.arrivals(pool.name).perSecond(now),
      startP95Ms: idle.startP95Ms(pool.name),
    };
    const before = state.target.target;
    state.target = targetIdle(state.target, demand, now);
    const { target } = state.target;
    this.#context.telemetry?.poolTarget(pool.name, target);
    if (target !== before) {
      const { policy, ...numbers } = demand;
      const counts = { idle: idle.count(pool.name, 'waiting'), starting: idle.count(pool.name, 'making') };
      await this.#tell('pool.scaled', { pool: pool.name, from: before, to: target, policy, ...counts, ...numbers });
    }
    return { target, maxIdle: Math.max(target, demand.maxIdle) };
  }

  #trim(pool: Pool, { target, maxIdle }: Aim): number {
    const { idle, clock } = this.#context;
    const now = clock.now();
    const isStale = ({ template, expiresAt }: PoolWorker): boolean => template !== pool.template || expiresAt <= now;
    let stale = 0;
    for (const worker of idle.waiting(pool.name)) {
      if (worker.provider.isWaiting(worker.handle) || !idle.remove(worker)) continue;
      stale += 1;
      // Where its engine died and its container did not, nobody else would notice that it can take no order.
      this.#runner.discard(worker, 'its connection ended while it waited', 'worker_lost');
    }
    stale += this.#destroy(idle.waiting(pool.name).filter(isStale), 'its template or its time is over');
    const waiting = idle.waiting(pool.name);
    // The longest waiting come first. Over the pool's bound they go at once, over the target when they are old.
    const tooMany = waiting.slice(0, Math.max(0, waiting.length - maxIdle));
    const tooOld = waiting
      .slice(tooMany.length, Math.max(tooMany.length, waiting.length - target))
      .filter(({ idleSince }) => now - idleSince >= pool.idleTtlMs);
    return stale + this.#destroy([...tooMany, ...tooOld], `more than ${target} wait`);
  }

  #destroy(workers: readonly PoolWorker[], why: string): number {
    const { idle } = this.#context;
    let destroyed = 0;
    for (const worker of workers) {
      if (!idle.remove(worker)) continue;
      destroyed += 1;
      this.#runner.discard(worker, why);
    }
    return destroyed;
  }

  async #refill(pool: Pool, state: PoolState, target: number): Promise<number> {
    const { idle, clock } = this.#context;
    let made = 0;
    for (;;) {
      // Those that come back before a new one were ready need not be replaced meanwhile.
      const back = idle.returning.expected(pool, clock.now(), idle.startP95Ms(pool.name));
      state.lookAt = back.overdueAt;
      const missing = target - idle.count(pool.name, 'waiting') - idle.count(pool.name, 'making') - back.workers;
      if (missing <= 0 || clock.now() < state.retryAt || state.isTrying || this.#closing.signal.aborted) return made;
      if (idle.held(pool.name) >= pool.maxWorkers) return made;
      if (!(await this.#begin(pool, state))) return made;
      made += 1;
    }
  }

  /** Begins to make one worker. @returns false where none can be made now. */
  async #begin(pool: Pool, state: PoolState): Promise<boolean> {
    const { registry, policy, clock, lost } = this.#context;
    const { template } = pool;
    let selection;
    try {
      selection = await registry.select({
        demand: demandOfTemplate(template),
        strategy: policy.strategy,
        image: template.image,
        reserve: true,
        ...(template.provider === undefined ? {} : { only: template.provider }),
      });
    } catch (error) {
      const failure = toHodeiError(error);
      // It waits for room as a job does, and nothing has failed.
      if (failure.details['reason'] === 'no_capacity') state.retryAt = this.#context.clock.now() + SOON_MS;
      else await this.#failed(pool, state, failure);
      return false;
    }
    const { provider, pace } = selection;
    const onItsWay = [...this.#making.values()].filter((id) => id === provider.id).length;
    // Jobs come first, so what would only wait for them need not take a place now.
    if (onItsWay >= pace.limit || pace.hasJobsWaiting) {
      selection[Symbol.dispose]();
      return false;
    }
    // After failures one tries alone whether it works again.
    state.isTrying = state.failures > 0;
    const signal = AbortSignal.any([this.#closing.signal, lost]);
    const making = makeWorker(this.#context, this.#runner, pool, selection, signal)
      .then(async (made) => {
        state.isTrying = false;
        if (made.kind === 'ready') {
          registry.reportSuccess(provider.id, { startupMs: made.tookMs });
          this.#context.idle.started(pool.name, made.tookMs);
          if (state.failures > 0) await this.#tell('pool.recovered', { pool: pool.name, failures: state.failures });
          state.failures = 0;
          state.refusals = 0;
        } else if (made.kind === 'full') state.retryAt = clock.now() + SOON_MS;
        else if (!signal.aborted) {
          registry.reportFailure(provider.id, made.error);
          await this.#failed(pool, state, made.error);
        }
      })
      .catch((error: unknown) =>
        this.#context.diagnostics.error('a pool could not be filled', { pool: pool.name, error }),
      )
      .finally(() => {
        this.#making.delete(making);
        this.#context.idle.changed.ring();
      });
    this.#making.set(making, provider.id);
    return true;
  }

  /** A template that fails is tried again later and later, and once only each time: a wrong image is no storm. */
  async #failed({ name }: Pool, state: PoolState, error: HodeiError): Promise<void> {
    const { clock, diagnostics } = this.#context;
    const isStoreAway = error.code === 'database_unavailable';
    const isFirst = state.failures === 0 && !isStoreAway;
    // Who is away says nothing about the template; and the registry keeps work from an engine until it is back.
    const isAway = isStoreAway || isEngineAway(error);
    const waitMs = isAway ? SOON_MS : backoffMs(state.refusals, FIRST_WAIT_MS, LAST_WAIT_MS);
    if (!isStoreAway) state.failures += 1;
    if (!isAway) state.refusals += 1;
    state.retryAt = Math.max(state.retryAt, clock.now() + waitMs);
    diagnostics.warn('a worker of a pool could not be made', { pool: name, failures: state.failures, waitMs, error });
    if (isFirst) await this.#tell('pool.failing', { pool: name, code: error.code, message: error.message });
  }

  /** "Why did it scale?" A store that is away loses the answer, and nothing else. */
  async #tell(kind: string, data: Readonly<Record<string, string | number>>): Promise<void> {
    const { repositories, clock, diagnostics } = this.#context;
    try {
      await repositories.history.append({ at: clock.now(), kind, data });
    } catch (error) {
      diagnostics.warn('what became of a pool could not be recorded', { kind, error: toHodeiError(error) });
    }
  }
}

/**
 * Keeps the pools whenever something changed or a while has passed, until the signal aborts; then the workers that
 * wait are destroyed. A store that is away is waited for.
 */
export async function keepPools(context: PoolContext, keeper: PoolKeeper, signal: AbortSignal): Promise<void> {
  const { idle, clock, lost, diagnostics } = context;
  const over = AbortSignal.any([signal, lost]);
  while (!over.aborted) {
    let waitMs = READ_EVERY_MS;
    try {
      await keeper.step();
      waitMs = Math.max(1, keeper.nextAt - clock.now());
    } catch (error) {
      if (over.aborted) break;
      diagnostics.warn('the pools could not be looked at; trying again', { error: toHodeiError(error) });
    }
    await idle.changed.nextWithin(clock, waitMs, over);
    // What took a worker has its order to send first; and what comes together is looked at once.
    await clock.sleep(GATHER_MS, over).catch(() => undefined);
  }
  await keeper.close();
}
