import {
  HodeiError,
  parseAttemptId,
  parseJobId,
  parseWorkerId,
  type Demand,
  type ProviderCapabilities,
  type ProviderConfig,
  type ProviderId,
  type Repositories,
  type WorkerId,
} from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryProvider,
  InMemoryStore,
  RepositoryFaults,
  SequentialIds,
  SimulatedClock,
} from '@hodei/testkit/in-memory';

import { ProviderRegistry, type BreakerOptions } from '../../src/index.ts';

/** A job that any provider can take. */
export const ANY_DEMAND: Demand = { resources: {}, requirements: {}, network: 'none' };

/** A provider that tells the test when it is disposed of. */
class WatchedProvider extends InMemoryProvider {
  disposed = false;

  override async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    await super[Symbol.asyncDispose]();
  }
}

/** One process: a registry with its factories, on a store that it may share with others. */
export interface TestProcess {
  readonly registry: ProviderRegistry;
  readonly repositories: Repositories;
  readonly databaseFaults: RepositoryFaults;
  /** All live objects that were ever made, the newest last. */
  readonly built: WatchedProvider[];
  readonly reported: string[];
}

/** An installation without an engine of its own: a store, a clock, and as many processes as a test wants. */
export class RegistryHarness {
  readonly clock = new SimulatedClock();
  readonly ids = new SequentialIds();
  readonly store = new InMemoryStore();
  /** The engine of each provider, by the provider's name. */
  readonly #engines = new Map<string, InMemoryEngine>();
  /** What the factory does for a provider, by name, before it makes one. */
  readonly beforeBuild = new Map<string, (config: ProviderConfig) => Promise<void>>();
  readonly capabilities = new Map<string, Partial<ProviderCapabilities>>();

  engine(name: string): InMemoryEngine {
    const engine = this.#engines.get(name) ?? new InMemoryEngine({ clock: this.clock });
    this.#engines.set(name, engine);
    return engine;
  }

  start(breaker?: Partial<BreakerOptions>): TestProcess {
    const { clock, ids, store } = this;
    const databaseFaults = new RepositoryFaults();
    const repositories = createInMemoryRepositories({ clock, ids, store, faults: databaseFaults });
    const built: WatchedProvider[] = [];
    const reported: string[] = [];
    const report = (message: string): void => void reported.push(message);
    const registry = new ProviderRegistry({
      repositories,
      clock,
      ids,
      diagnostics: { info: report, warn: report, error: report },
      ...(breaker ? { breaker } : {}),
      factories: {
        'in-memory': async (config) => {
          await this.beforeBuild.get(config.name)?.(config);
          const capabilities = this.capabilities.get(config.name);
          const provider = new WatchedProvider({
            id: config.id,
            engine: this.engine(config.name),
            ...(capabilities ? { capabilities } : {}),
          });
          built.push(provider);
          return provider;
        },
      },
    });
    return { registry, repositories, databaseFaults, built, reported };
  }

  /** The factory of this provider finds its engine away, until the returned function is called. */
  engineAway(name: string): () => void {
    this.beforeBuild.set(name, async () => {
      throw new HodeiError('provider_unavailable', `no engine answers for ${name}`);
    });
    return () => this.beforeBuild.delete(name);
  }

  /** Stores the row of a worker on a provider, as `creating`. @returns what ends it. */
  async addWorker(
    { jobs, attempts, workers, instances }: Repositories,
    providerId: ProviderId,
  ): Promise<() => Promise<void>> {
    const { epoch } = await instances.register({ name: 'test', leaseMs: 60_000 });
    const at = this.clock.now();
    const jobId = parseJobId(this.ids.uuid());
    const retry = { maxAttempts: 1, backoffMs: 0 };
    const spec = {
      image: 'busybox',
      env: {},
      secretNames: [],
      queue: 'default',
      resources: {},
      network: 'none',
      requirements: {},
      retry,
      priority: 0,
      labels: {},
    };
    await jobs.insert({ id: jobId, spec, at, claimFor: epoch });
    const workerId: WorkerId = parseWorkerId(this.ids.uuid());
    const worker = { workerId, image: 'busybox', resources: {}, expiresAt: at + 1 };
    await attempts.begin({
      attemptId: parseAttemptId(this.ids.uuid()),
      jobId,
      providerId,
      worker,
      nonce: this.ids.nonce(),
      epoch,
      phases: {},
      at,
    });
    return async () => {
      await workers.transition({ workerId, epoch, from: 'creating', to: 'terminated', at });
    };
  }

  /** What the history tells of providers: kinds in their order. */
  kinds(): readonly string[] {
    return this.store.history.map(({ kind }) => kind).filter((kind) => kind.startsWith('provider.'));
  }
}
