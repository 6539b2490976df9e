import {
  capacityOf,
  isHodeiError,
  toHodeiError,
  type Clock,
  type HodeiError,
  type ProviderConfig,
  type ProviderId,
  type ProviderRepository,
  type WorkerProvider,
} from '@hodei/domain';

import type { Diagnostics } from '../support/diagnostics.ts';
import { buildProvider, type DeclareEngine, type ProviderFactories } from './build-provider.ts';
import { isEngineAway } from './error-verdicts.ts';
import { RegisteredProvider } from './registered-provider.ts';
import { sameData } from './same-data.ts';
import { StartPace } from './start-pace.ts';

/** An engine that takes longer than this to be connected, in milliseconds, is not waited for. */
export const BUILD_LIMIT_MS = 10_000;

/** What {@link ProviderEntries} needs. */
export interface ProviderEntriesParams {
  readonly providers: Pick<ProviderRepository, 'list' | 'setCapacity'>;
  readonly factories: ProviderFactories;
  readonly declareEngine?: DeclareEngine;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

/** A live object, or the reason why its engine is away. */
export type Built = WorkerProvider | HodeiError;

/**
 * The providers of this process, kept in step with the rows. Rows are the truth: another process may add,
 * change and delete them at any time.
 */
export class ProviderEntries {
  readonly #params: ProviderEntriesParams;
  readonly #entries = new Map<ProviderId, RegisteredProvider>();
  readonly #deleted = new Set<ProviderId>();
  readonly #builds = new Map<RegisteredProvider, Promise<void>>();
  #additions = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #closed = false;

  constructor(params: ProviderEntriesParams) {
    this.#params = params;
  }

  get(id: ProviderId): RegisteredProvider | undefined {
    return this.#entries.get(id);
  }

  all(): readonly RegisteredProvider[] {
    return [...this.#entries.values()].sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
  }

  /** Reads the rows again, unless that is no longer ago than `maxAgeMs`. Concurrent calls share one reading. */
  async refresh(maxAgeMs: number): Promise<void> {
    if (this.#params.clock.now() - this.#readAt < maxAgeMs) return;
    this.#reading ??= this.#readRows().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  /** Takes a row that was just read or written. A row older than what is known changes nothing. */
  accept(row: ProviderConfig): RegisteredProvider {
    const known = this.#entries.get(row.id);
    if (known === undefined) {
      const entry = this.#add(row);
      void this.build(entry);
      return entry;
    }
    // What its engine has is noted without a new version.
    if (row.version === known.config.version) known.config = row;
    if (row.version > known.config.version) {
      const rebuild = known.needsRebuild(row);
      known.config = row;
      if (rebuild) void this.build(known);
      else void this.#noteCapacity(known);
    }
    return known;
  }

  /**
   * Makes the live object for a configuration that is not stored yet.
   * @returns the reason instead, where the engine is away. @throws HodeiError for settings that are wrong.
   */
  async prepare(config: ProviderConfig): Promise<Built> {
    try {
      return await this.#build(config);
    } catch (error) {
      // Where others still mean another engine, they will hear of the change as well.
      if (isEngineAway(error) || isHodeiError(error, 'conflict')) return toHodeiError(error);
      throw error;
    }
  }

  /** Takes a row that this process has written, with the live object that was prepared for it. */
  adopt(row: ProviderConfig, built: Built): void {
    const entry = this.#entries.get(row.id) ?? this.#add(row);
    entry.config = row;
    const now = this.#params.clock.now();
    if (isHodeiError(built)) entry.failed(built, now);
    else this.#connected(entry, built, now);
  }

  /** Makes the live object of an entry. Never rejects: the entry knows why there is none. */
  build(entry: RegisteredProvider): Promise<void> {
    const running = this.#builds.get(entry);
    if (running !== undefined) return running;
    const build = this.#buildUntilCurrent(entry).finally(() => this.#builds.delete(entry));
    this.#builds.set(entry, build);
    return build;
  }

  /** Resolves when no live object is being made. */
  async built(): Promise<void> {
    await Promise.all(this.#builds.values());
  }

  /** The row is gone. */
  async forget(id: ProviderId): Promise<void> {
    // Ids are never used again; a reading that is under way may still hold the row.
    this.#deleted.add(id);
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry !== undefined) await this.discard(entry.takeAll());
  }

  /** Disposes of live objects that nobody uses any more. */
  async discard(live: readonly WorkerProvider[]): Promise<void> {
    const { diagnostics } = this.#params;
    const release = async (provider: WorkerProvider): Promise<void> => {
      try {
        await provider[Symbol.asyncDispose]();
      } catch (error) {
        diagnostics.warn('a provider did not let go of its engine', { providerId: provider.id, error });
      }
    };
    await Promise.all(live.map(release));
  }

  /** Disposes of everything; what is still being made is disposed of when it is there. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.discard([...this.#entries.values()].flatMap((entry) => entry.takeAll()));
  }

  #build(config: ProviderConfig): Promise<WorkerProvider> {
    return buildProvider(this.#params.factories, config, this.#params.declareEngine);
  }

  /** Once, not at each try: somebody has to do something about it. */
  #tellConflict({ config, health }: RegisteredProvider, error: unknown): void {
    if (!isHodeiError(error, 'conflict') || health.reasons.includes(error.message) || config.mode === 'disabled')
      return;
    this.#params.diagnostics.error('a provider is not the engine that others mean by it', { error });
  }

  #add(row: ProviderConfig): RegisteredProvider {
    const entry = new RegisteredProvider(row, this.#params.clock.now(), new StartPace(this.#params.clock));
    entry.addedAt = this.#additions += 1;
    this.#entries.set(row.id, entry);
    return entry;
  }

  #connected(entry: RegisteredProvider, provider: WorkerProvider, now: number): void {
    entry.connected(provider, now);
    void this.#noteCapacity(entry);
  }

  /** Stores what may be promised of what the engine has, where that is new. Never rejects: the next time tries again. */
  async #noteCapacity(entry: RegisteredProvider): Promise<void> {
    const { totalResources } = (entry.isBuilt ? entry.live().capabilities() : undefined) ?? {};
    if (totalResources === undefined) return;
    const { id, overcommit, capacity: stored } = entry.config;
    const capacity = capacityOf(totalResources, overcommit);
    if (sameData(capacity, stored ?? {})) return;
    try {
      const row = await this.#params.providers.setCapacity(id, capacity);
      if (row.version === entry.config.version) entry.config = row;
    } catch (error) {
      this.#params.diagnostics.warn('the capacity of a provider could not be stored', { providerId: id, error });
    }
  }

  async #readRows(): Promise<void> {
    const asOf = this.#additions;
    const readAt = this.#params.clock.now();
    const rows = await this.#params.providers.list();
    const ids = new Set(rows.map(({ id }) => id));
    for (const row of rows) if (!this.#deleted.has(row.id)) this.accept(row);
    // What became known after the reading began need not be in it.
    const gone = [...this.#entries.values()].filter(({ config, addedAt }) => !ids.has(config.id) && addedAt <= asOf);
    await Promise.all(gone.map(({ config }) => this.forget(config.id)));
    this.#readAt = readAt;
  }

  async #buildUntilCurrent(entry: RegisteredProvider): Promise<void> {
    for (;;) {
      const { config } = entry;
      let built: WorkerProvider | undefined;
      let failure: unknown;
      try {
        built = await this.#build(config);
      } catch (error) {
        failure = error;
        this.#tellConflict(entry, error);
      }
      const wanted = !this.#closed && this.#entries.get(config.id) === entry;
      // Its settings may have been changed meanwhile.
      const current = !entry.needsRebuild(config);
      if (wanted && current) {
        const now = this.#params.clock.now();
        if (built === undefined) entry.failed(failure, now);
        else this.#connected(entry, built, now);
        return;
      }
      if (built !== undefined) await this.discard([built]);
      if (!wanted) return;
    }
  }
}
