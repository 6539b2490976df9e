import {
  checkPoolInput,
  LABELS,
  parseProviderId,
  type Epoch,
  type JobId,
  type OutputChunk,
  type ProviderId,
  type WorkerId,
} from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryStore,
  SequentialIds,
  type InMemoryWorker,
} from '@hodei/testkit/in-memory';

import { configureAdmission, placesOf } from './admission.ts';
import { EngineRules } from './engine-rules.ts';
import { Life } from './life.ts';
import type { Mutation } from './mutation.ts';
import { POLICY } from './policy.ts';
import { PoolRules } from './pool-rules.ts';
import type { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { StoreRules } from './store-rules.ts';
import { Trace } from './trace.ts';
import { drawFate, drawWeather, isTrouble, type Fate, type Weather } from './weather.ts';
import { IMAGES, PROGRAMS, type PlannedJob } from './workload.ts';

/** The name of the pool. */
const POOL = 'warm';

/** The label of a job that says which plan it is. */
export const PLAN_LABEL = 'plan';

/** How something outside ends a worker. */
type Strike = 'killed' | 'out of memory' | 'vanished' | 'ended by its engine';

/**
 * One store and one engine, with instances that come and go, and what went wrong with them. Everything that
 * happens is decided by the seed.
 */
export class World {
  readonly weather: Weather;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly ids = new SequentialIds();
  readonly store = new InMemoryStore();
  readonly engine: InMemoryEngine;
  readonly mutation: Mutation;
  readonly plans = new Map<string, PlannedJob>();
  readonly lives: Life[] = [];
  readonly #strikes = new Map<WorkerId, Set<Strike>>();
  /** Every worker that was ever on the engine. */
  readonly workers = new Map<WorkerId, InMemoryWorker>();
  readonly providerIds: ProviderId[] = [];
  isStoreAway = false;
  /** While things go wrong. */
  isStormy = true;
  onDeath: (life: Life) => void = () => undefined;
  readonly #wire: Random;
  readonly storeRules: StoreRules;
  readonly #engineRules: EngineRules;
  readonly poolRules: PoolRules;
  imagesRemoved = 0;
  #violation: string | undefined;
  #started = 0;

  constructor(random: Random, options: { readonly mutation: Mutation; readonly keepTrace: boolean }) {
    this.weather = drawWeather(random);
    this.#wire = random.fork();
    this.scheduler = new Scheduler(random.fork());
    this.trace = new Trace(this.scheduler, options.keepTrace);
    this.mutation = options.mutation;
    this.engine = new InMemoryEngine({
      clock: this.scheduler,
      programs: PROGRAMS,
      images: IMAGES,
      startMs: this.weather.startMs,
    });
    this.storeRules = new StoreRules(this);
    this.#engineRules = new EngineRules(this);
    this.poolRules = new PoolRules(this);
  }

  /** What was found wrong first. */
  get violation(): string | undefined {
    return this.#violation;
  }

  /** The providers are there before the first instance is. */
  async prepare(): Promise<void> {
    const repositories = createInMemoryRepositories({ clock: this.scheduler, ids: this.ids, store: this.store });
    const { providers, pools } = repositories;
    const at = this.scheduler.now();
    await configureAdmission(repositories, at);
    const { pool } = this.weather;
    if (pool !== undefined) {
      const settings = checkPoolInput({ name: POOL, template: { image: POLICY.defaultImage }, ...pool });
      await pools.put({ pool: settings, version: 0, at });
    }
    for (let index = 0; index < this.weather.providers; index += 1) {
      const id = parseProviderId(this.ids.uuid());
      this.providerIds.push(id);
      const config = {
        mode: 'active',
        priority: 0,
        maxWorkers: placesOf(this.weather),
        labels: {},
        settings: {},
        version: 1,
      } as const;
      await providers.insert({
        ...config,
        id,
        name: `engine-${index}`,
        type: 'in-memory',
        createdAt: at,
        updatedAt: at,
      });
    }
  }

  startLife(): Life {
    this.#started += 1;
    // Behind, right, or ahead.
    const skewMs = ((this.#started % 3) - 1) * this.weather.skewMs;
    const life = new Life(this, `life-${this.#started}`, skewMs);
    this.lives.push(life);
    life.start();
    return life;
  }

  /** Lets the next thing happen and looks at what became of it. @returns false where nothing is left to happen. */
  async step(): Promise<boolean> {
    const more = await this.scheduler.step();
    this.#engineRules.check();
    this.poolRules.check();
    return more && this.#violation === undefined;
  }

  /** Makes one effect on the store, and looks at what it changed before anything else happens. */
  observe<T>(operation: string, epoch: Epoch | undefined, effect: () => Promise<T>): Promise<T> {
    const result = effect();
    this.storeRules.check(operation, epoch);
    return result;
  }

  /** Everything ought to be settled: looks at what should be there, and what should not be there any more. */
  checkEnd(): void {
    this.storeRules.checkEnd();
    this.#engineRules.checkEnd();
  }

  blame(what: string): void {
    if (this.#violation !== undefined) return;
    this.#violation = what;
    this.trace.add('RULES', `VIOLATED: ${what}`);
  }

  planOf(jobId: JobId): PlannedJob | undefined {
    return this.plans.get(this.store.jobs.get(jobId)?.job.spec.labels[PLAN_LABEL] ?? '');
  }

  /** Whether something outside ended the worker in this way; it may have been struck more than once. */
  wasStruck(workerId: WorkerId, how: Strike): boolean {
    return this.#strikes.get(workerId)?.has(how) ?? false;
  }

  /** Something outside ends a worker. */
  strike(worker: InMemoryWorker, how: Exclude<Strike, 'ended by its engine'> | 'silent'): void {
    this.#note(worker, how);
    if (how === 'killed') this.engine.killWorker(worker.workerId);
    else if (how === 'vanished') this.engine.vanishWorker(worker.workerId);
    else if (how === 'silent') this.engine.loseWorker(worker.workerId);
    else this.engine.killWorkerForMemory(worker.workerId);
  }

  /** The engine is down, and has ended what ran on it. */
  endWorkers(): void {
    for (const worker of this.engine.workers())
      if (worker.exit === undefined) this.#note(worker, 'ended by its engine');
    this.engine.endWorkers();
  }

  #note(worker: InMemoryWorker, how: Strike | 'silent'): void {
    this.trace.add('engine', `worker ${worker.workerId.slice(-4)} is struck: ${how}`);
    this.poolRules.disturb();
    const strikes = this.#strikes.get(worker.workerId) ?? new Set();
    this.#strikes.set(worker.workerId, strikes.add(how === 'silent' ? 'vanished' : how));
  }

  drawFate(): Fate {
    const fate = drawFate(this.#wire, this.weather, this.isStormy);
    if (isTrouble(fate)) this.poolRules.disturb(fate.requestMs + fate.answerMs);
    return fate;
  }

  drawDelay(mostMs: number): number {
    return this.#wire.int(0, mostMs);
  }

  /** When an event arrives, as delays in milliseconds. */
  drawArrivals(): readonly number[] {
    const { weather, isStormy } = this;
    const delay = (): number => (isStormy && this.#wire.chance(weather.delayEvent) ? this.#wire.int(1, 3000) : 0);
    if (!isStormy) return [0];
    if (this.#wire.chance(weather.dropEvent)) return [];
    return this.#wire.chance(weather.duplicateEvent) ? [delay(), delay()] : [delay()];
  }

  drawOutputFate({ bytes }: OutputChunk): readonly number[] | 'broken' {
    if (this.isStormy && this.#wire.chance(this.weather.breakOutput)) return 'broken';
    return bytes.length > 1 && this.#wire.chance(0.3) ? [this.#wire.int(1, bytes.length - 1)] : [];
  }
}

/** The job that a worker was made for, or whose order it took. */
export function jobOf(world: World, worker: InMemoryWorker): JobId | undefined {
  const label = worker.labels[LABELS.job] as JobId | undefined;
  if (label !== undefined || worker.nonce === undefined) return label;
  return [...world.store.attempts.values()].find(({ nonce }) => nonce === worker.nonce)?.jobId;
}
