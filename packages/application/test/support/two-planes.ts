import { HodeiError, type Job, type JobId, type JobInput } from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryProvider,
  InMemoryStore,
  SequentialIds,
  SimulatedClock,
} from '@hodei/testkit/in-memory';

import {
  ChangeHub,
  DEFAULT_JOB_POLICY,
  IdleWorkers,
  dispatchJobs,
  JobRunner,
  keepLease,
  keepPools,
  LEASE_MS,
  PoolKeeper,
  ProviderRegistry,
  recoverAbandoned,
  submitJob,
  waitForJob,
  watchOverWorkers,
  type JobContext,
} from '../../src/index.ts';

/** One life of one instance among several on one store and one engine. */
export interface Life {
  readonly context: JobContext;
  readonly runner: JobRunner;
  readonly idle: IdleWorkers;
  /** As a SIGKILL: nothing it does has an effect any more, its connections close, its lease runs out. */
  crash(): void;
}

/** A store and an engine that outlive the instances on them. */
export class World {
  readonly clock = new SimulatedClock();
  readonly ids = new SequentialIds();
  readonly store = new InMemoryStore();
  readonly engine: InMemoryEngine;
  readonly reported: string[] = [];
  /** An observer's own view, which no crash touches. */
  readonly repositories = createInMemoryRepositories({ clock: this.clock, ids: this.ids, store: this.store });
  readonly hub = new ChangeHub(this.repositories.changes);
  readonly #over = new AbortController();
  readonly #observing: Promise<void>;

  constructor(startMs = 100, images?: ConstructorParameters<typeof InMemoryEngine>[0]['images']) {
    this.engine = new InMemoryEngine({ clock: this.clock, startMs, ...(images === undefined ? {} : { images }) });
    this.#observing = this.hub.run(this.#over.signal);
  }

  /** @param keepsPools true: it keeps its part of the idle workers of all pools. */
  async start(name: string, keepsPools = false): Promise<Life> {
    const dead = new AbortController();
    const repositories = cutOff(
      createInMemoryRepositories({ clock: this.clock, ids: this.ids, store: this.store }),
      dead.signal,
    );
    const note = (message: string): unknown => this.reported.push(`${name}: ${message}`);
    const diagnostics = { info: note, warn: note, error: note };
    const providers: InMemoryProvider[] = [];
    const registry = new ProviderRegistry({
      repositories,
      clock: this.clock,
      ids: this.ids,
      diagnostics,
      factories: {
        'in-memory': async ({ id }) => {
          const provider = new InMemoryProvider({ id, engine: this.engine });
          providers.push(provider);
          return cutOffMethods(provider, dead.signal);
        },
      },
    });
    await registry.load();
    await registry.ensure({ name: 'memory', type: 'in-memory' });
    const instance = await repositories.instances.register({ name, leaseMs: LEASE_MS, keepsPools });
    const idle = new IdleWorkers();
    const lost = new AbortController();
    const context: JobContext = {
      repositories,
      registry,
      hub: new ChangeHub(repositories.changes),
      clock: this.clock,
      ids: this.ids,
      instance,
      lost: lost.signal,
      idle,
      policy: DEFAULT_JOB_POLICY,
      sealer: {
        seal: (_, secrets) => Buffer.from(JSON.stringify(secrets)),
        open: (_, sealed) => JSON.parse(Buffer.from(sealed).toString()) as Record<string, string>,
      },
      diagnostics,
    };
    const runner = new JobRunner(context);
    const over = AbortSignal.any([dead.signal, lost.signal, this.#over.signal]);
    const loops = [
      context.hub.run(over),
      dispatchJobs(context, runner, over),
      recoverAbandoned(context, runner, over),
      watchOverWorkers(context, runner, over),
      keepLease({ instances: repositories.instances, clock: this.clock, diagnostics }, instance, over).catch(
        (error: unknown) => lost.abort(error),
      ),
      ...(keepsPools ? [keepPools({ ...context, idle }, new PoolKeeper({ ...context, idle }, runner), over)] : []),
    ];
    for (const loop of loops) loop.catch(() => undefined);
    return {
      context,
      runner,
      idle,
      crash: () => {
        dead.abort(new HodeiError('internal', 'this instance is dead'));
        for (const provider of providers) provider.disconnect();
      },
    };
  }

  /** Submits a job that this life runs itself. */
  async submitTo(life: Life, input: JobInput): Promise<JobId> {
    const job = await submitJob(life.context, input, { claim: true });
    life.runner.start(job).catch(() => undefined);
    return job.id;
  }

  ended(jobId: JobId): Promise<Job> {
    return this.clock.runUntilSettled(waitForJob({ repositories: this.repositories, hub: this.hub }, jobId));
  }

  async output(jobId: JobId): Promise<string> {
    const records = await this.repositories.logs.read({ jobId, afterSeq: 0, maxBytes: 2 ** 30 });
    return Buffer.concat(records.map(({ bytes }) => bytes)).toString();
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#observing;
    await this.clock.settle();
  }
}

/** From the moment of death, no call begins, and none that is under way is ever answered. */
function cutOffMethods<T extends object>(target: T, dead: AbortSignal): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (dead.aborted) return new Promise(() => undefined);
        const result: unknown = Reflect.apply(value, object, args);
        return result instanceof Promise
          ? result.then((answer) => (dead.aborted ? new Promise(() => undefined) : answer))
          : result;
      };
    },
  });
}

function cutOff<T extends object>(all: T, dead: AbortSignal): T {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, cutOffMethods(one as object, dead)])) as T;
}
