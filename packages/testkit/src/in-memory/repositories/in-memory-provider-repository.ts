import {
  HodeiError,
  type Capacity,
  isTerminalWorkerState,
  type ProviderConfig,
  type ProviderId,
  type ProviderRepository,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { assertStill, found } from './rows.ts';

type Update = Parameters<ProviderRepository['update']>[0];

/** Provider configurations in an {@link InMemoryStore}. */
export class InMemoryProviderRepository implements ProviderRepository {
  readonly #store: InMemoryStore;
  readonly #now: () => number;

  constructor(store: InMemoryStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async insert(config: ProviderConfig): Promise<ProviderConfig> {
    assertStill(!this.#store.providers.has(config.id), `provider ${config.id} exists already`);
    this.#assertNameFree(config.name, config.id);
    return this.#put(config, 'registered', config.createdAt);
  }

  async get(id: ProviderId): Promise<ProviderConfig> {
    return structuredClone(found(this.#store.providers.get(id), 'provider', id));
  }

  async getByName(name: string): Promise<ProviderConfig> {
    return structuredClone(
      found(
        [...this.#store.providers.values()].find((provider) => provider.name === name),
        'provider',
        name,
      ),
    );
  }

  async list(): Promise<readonly ProviderConfig[]> {
    return structuredClone([...this.#store.providers.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }

  async update(change: Update): Promise<ProviderConfig> {
    const { id, version, patch, at } = change;
    const provider = found(this.#store.providers.get(id), 'provider', id);
    assertStill(
      provider.version === version,
      `provider ${provider.name} is at version ${provider.version}, not ${version}`,
    );
    this.#assertNameFree(patch.name ?? provider.name, id);
    return this.#put({ ...provider, ...patch, updatedAt: at, version: version + 1 }, 'updated', at);
  }

  async setCapacity(id: ProviderId, capacity: Capacity): Promise<ProviderConfig> {
    const { capacity: _, ...provider } = found(this.#store.providers.get(id), 'provider', id);
    const stored = Object.keys(capacity).length === 0 ? provider : { ...provider, capacity: { ...capacity } };
    this.#store.providers.set(id, stored);
    return structuredClone(stored);
  }

  async delete(id: ProviderId): Promise<void> {
    const provider = found(this.#store.providers.get(id), 'provider', id);
    const live = [...this.#store.workers.values()].filter(
      (worker) => worker.providerId === id && !isTerminalWorkerState(worker.state),
    );
    assertStill(live.length === 0, `provider ${provider.name} has ${live.length} workers that are not terminated`);
    this.#store.providers.delete(id);
    this.#record(provider, 'deleted', this.#now());
  }

  #assertNameFree(name: string, id: ProviderId): void {
    const holder = [...this.#store.providers.values()].find((provider) => provider.name === name);
    if (holder === undefined || holder.id === id) return;
    throw new HodeiError('name_taken', `there is a provider "${name}" already; choose another name`);
  }

  #put(provider: ProviderConfig, what: string, at: number): ProviderConfig {
    this.#store.providers.set(provider.id, structuredClone(provider));
    this.#record(provider, what, at);
    return structuredClone(provider);
  }

  #record({ id, name }: ProviderConfig, what: string, at: number): void {
    this.#store.record({ at, kind: `provider.${what}`, providerId: id, data: { name } });
  }
}
