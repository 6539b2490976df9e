import {
  HodeiError,
  type Clock,
  type Demand,
  type IdGenerator,
  type ProviderConfig,
  type ProviderHealth,
  type ProviderId,
  type ProviderInput,
  type ProviderPatch,
  type Repositories,
  type WorkerProvider,
} from '@hodei/domain';

import type { Diagnostics } from '../support/diagnostics.ts';
import type { DeclareEngine, ProviderFactories } from './build-provider.ts';
import { DEFAULT_BREAKER_OPTIONS, type BreakerOptions } from './circuit-breaker.ts';
import type { SelectionExplanation } from './explain-selection.ts';
import { BUILD_LIMIT_MS, ProviderEntries } from './provider-entries.ts';
import { ProviderHealthTracker } from './provider-health-tracker.ts';
import { ProviderLoad } from './provider-load.ts';
import { ProviderWriter } from './provider-writer.ts';
import { ProviderSelector, type SelectParams, type Selection } from './provider-selector.ts';
import {
  matchesQuery,
  summarize,
  type ProviderQuery,
  type ProviderStatistics,
  type ProviderView,
} from './provider-view.ts';
import type { RegisteredProvider } from './registered-provider.ts';
import type { SelectionStrategyName } from './selection-strategies.ts';
import { within } from './within.ts';

/** What a {@link ProviderRegistry} needs. */
export interface ProviderRegistryParams {
  readonly repositories: Pick<Repositories, 'providers' | 'workers' | 'history'>;
  readonly factories: ProviderFactories;
  /** See `InstanceRepository.declareEngine`; absent: nobody else has these providers. */
  readonly declareEngine?: DeclareEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly diagnostics: Diagnostics;
  readonly breaker?: Partial<BreakerOptions>;
}

/**
 * The providers of an installation: their configuration in the store, and in this process the live objects,
 * what is known of their health, and which one takes the next work.
 *
 * All methods that read or write the store reject with `database_unavailable` where it can't be reached.
 */
export class ProviderRegistry implements AsyncDisposable {
  readonly #params: ProviderRegistryParams;
  readonly #entries: ProviderEntries;
  readonly #load: ProviderLoad;
  readonly #tracker: ProviderHealthTracker;
  readonly #selector: ProviderSelector;
  readonly #writer: ProviderWriter;

  constructor(params: ProviderRegistryParams) {
    const { repositories, factories, declareEngine, clock, diagnostics } = params;
    this.#params = params;
    const breaker = { ...DEFAULT_BREAKER_OPTIONS, ...params.breaker };
    const entries = new ProviderEntries({
      providers: repositories.providers,
      factories,
      clock,
      diagnostics,
      ...(declareEngine === undefined ? {} : { declareEngine }),
    });
    const load = new ProviderLoad(repositories.workers, clock);
    this.#entries = entries;
    this.#load = load;
    this.#tracker = new ProviderHealthTracker({ entries, history: repositories.history, clock, breaker });
    this.#selector = new ProviderSelector({ entries, load, clock, breaker });
    this.#writer = new ProviderWriter({ ...params, providers: repositories.providers, entries });
  }

  /**
   * Connects to all providers that are stored. One that can't be connected is tried again later, by
   * {@link checkHealth}; it hinders neither the others nor the start. Idempotent.
   */
  async load(): Promise<void> {
    await this.refresh();
    await within(this.#params.clock, BUILD_LIMIT_MS, () => this.#entries.built());
  }

  /** Takes over what other processes added, changed and deleted. */
  refresh(): Promise<void> {
    return this.#entries.refresh(0);
  }

  /**
   * Stores a new provider and connects to it. One whose engine is away is stored all the same, and tried again.
   * @throws HodeiError `name_taken`; `invalid_input` for a wrong field or an unknown type; whatever else its
   * factory says about wrong settings. Nothing is stored then.
   */
  register(input: ProviderInput): Promise<ProviderConfig> {
    return this.#writer.register(input);
  }

  /**
   * The provider of this name, registered now where there is none. One that exists stays as it is, and where
   * several processes do this at once, all get the same one.
   * @throws HodeiError as {@link register}, but for `name_taken`.
   */
  ensure(input: ProviderInput): Promise<ProviderConfig> {
    return this.#writer.ensure(input);
  }

  /** @throws HodeiError `not_found` */
  async get(id: ProviderId): Promise<ProviderView> {
    return this.#view(await this.#params.repositories.providers.get(id));
  }

  /** @throws HodeiError `not_found` */
  async getByName(name: string): Promise<ProviderView> {
    return this.#view(await this.#params.repositories.providers.getByName(name));
  }

  /** The providers that the query lets through, by name. */
  async find(query: ProviderQuery = {}): Promise<readonly ProviderView[]> {
    await this.refresh();
    const load = await this.#load.read();
    const now = this.#params.clock.now();
    return this.#entries
      .all()
      .map((entry) => entry.view(load, now))
      .filter((view) => matchesQuery(view, query));
  }

  /** All providers, and what they add up to. */
  async statistics(): Promise<ProviderStatistics> {
    return summarize(await this.find());
  }

  /**
   * Changes a provider. New settings are tried first: where they are wrong, nothing changes. Jobs that run
   * keep the connection they have.
   * @throws HodeiError `invalid_input`, `not_found`, `name_taken`; `conflict` where others keep changing it.
   */
  update(id: ProviderId, patch: ProviderPatch): Promise<ProviderConfig> {
    return this.#writer.update(id, patch);
  }

  /** Lets a provider take work. Idempotent. @throws HodeiError `not_found`, `conflict` */
  enable(id: ProviderId): Promise<ProviderConfig> {
    return this.update(id, { mode: 'active' });
  }

  /** Lets a provider finish what it has and take nothing new. Idempotent. @throws HodeiError `not_found`, `conflict` */
  disable(id: ProviderId): Promise<ProviderConfig> {
    return this.update(id, { mode: 'disabled' });
  }

  /** As {@link disable}, for a while. Idempotent. @throws HodeiError `not_found`, `conflict` */
  setMaintenance(id: ProviderId): Promise<ProviderConfig> {
    return this.update(id, { mode: 'maintenance' });
  }

  /**
   * Forgets a provider and lets go of its engine.
   * @throws HodeiError `not_found`; `conflict` while it has workers, or is about to get one.
   */
  async delete(id: ProviderId): Promise<void> {
    if (this.#load.reserved(id) > 0) {
      throw new HodeiError(
        'conflict',
        `provider ${id} is about to get a worker; disable it, and delete it when it has none`,
      );
    }
    await this.#params.repositories.providers.delete(id);
    await this.#entries.forget(id);
  }

  /**
   * The live provider, to work with.
   * @throws HodeiError `provider_unavailable` where this process could not connect to it yet, or does not know
   * it (yet, or no longer).
   */
  provider(id: ProviderId): WorkerProvider {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new HodeiError('provider_unavailable', `provider ${id} is not known here; it may be new, or deleted`);
    return entry.live();
  }

  /**
   * Looks at the engine of one provider, or of all, and tries to connect to those that are not connected (all:
   * those whose time has come). A change of health goes into the history.
   * @throws HodeiError `not_found`
   */
  async checkHealth(id?: ProviderId): Promise<ReadonlyMap<ProviderId, ProviderHealth>> {
    if (id !== undefined) this.#entries.accept(await this.#params.repositories.providers.get(id));
    const entries = this.#entries.all().filter(({ config }) => id === undefined || config.id === id);
    await Promise.all(entries.map((entry) => this.#tracker.check(entry, id !== undefined)));
    await this.#discardRetired(entries);
    return new Map(entries.map(({ config, health }) => [config.id, health]));
  }

  /** Work on this provider's engine went well. @param seen how long its worker took to be ready, in milliseconds. */
  reportSuccess(id: ProviderId, seen: { readonly startupMs?: number } = {}): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#tracker.succeeded(entry, seen.startupMs);
  }

  /** Work on this provider's engine failed. Only a fault of the engine counts against it, not one of the work. */
  reportFailure(id: ProviderId, error: unknown): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#tracker.failed(entry, error);
  }

  /**
   * Work that a provider was chosen for was not done, and says nothing about its engine. Where it was the canary, the
   * next piece of work may be.
   */
  reportNothing(id: ProviderId): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#tracker.saidNothing(entry);
  }

  /**
   * Chooses the provider that takes some work now.
   * @throws HodeiError `limit_exceeded` where none could ever take it; `provider_unavailable` where none can
   * now, with every provider's reasons in the message; `invalid_input` for an unknown strategy.
   */
  select(params: SelectParams): Promise<Selection> {
    return this.#selector.select(params);
  }

  /** Which providers could take some work now, the best first, and why the others could not. */
  explain(demand: Demand, strategy: SelectionStrategyName = 'least_loaded'): Promise<SelectionExplanation> {
    return this.#selector.explain({ demand, strategy });
  }

  /**
   * Refuses work that nobody could ever take, whatever the providers' modes, health and load. A provider that
   * was never connected might be able to. Usually costs no query.
   * @throws HodeiError `limit_exceeded` with what each provider lacks; `provider_unavailable` where none is
   * registered.
   */
  assertFulfillable(demand: Demand): Promise<void> {
    return this.#selector.assertFulfillable(demand);
  }

  /** Whether a provider may take this work now, its load aside: for work that gets a worker that is there already. */
  admits(id: ProviderId, demand: Demand): boolean {
    return this.#selector.admits(id, demand);
  }

  /** Lets go of all engines. What runs on them goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#entries.close();
  }

  async #view(row: ProviderConfig): Promise<ProviderView> {
    return this.#entries.accept(row).view(await this.#load.read(), this.#params.clock.now());
  }

  async #discardRetired(entries: readonly RegisteredProvider[]): Promise<void> {
    const load = await this.#load.read();
    await Promise.all(
      entries
        .filter(({ config }) => load.of(config.id).workers === 0)
        .map((entry) => this.#entries.discard(entry.takeRetired())),
    );
  }
}
