import { HodeiError, type Pool, type PoolRepository } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { found } from './rows.ts';

/** Pools in an {@link InMemoryStore}. */
export class InMemoryPoolRepository implements PoolRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async put({ pool, version, at }: Parameters<PoolRepository['put']>[0]): Promise<Pool> {
    const stored = this.#store.pools.get(pool.name);
    if ((stored?.version ?? 0) !== version) {
      throw new HodeiError('conflict', `pool ${pool.name} is at version ${stored?.version ?? 0}, not ${version}`);
    }
    const changed: Pool = {
      ...structuredClone(pool),
      createdAt: stored?.createdAt ?? at,
      updatedAt: at,
      version: version + 1,
    };
    this.#store.pools.set(pool.name, changed);
    this.#store.record({ at, kind: version === 0 ? 'pool.created' : 'pool.updated', data: { pool: pool.name } });
    return structuredClone(changed);
  }

  async get(name: string): Promise<Pool> {
    return structuredClone(found(this.#store.pools.get(name), 'pool', name));
  }

  async list(): Promise<readonly Pool[]> {
    return structuredClone([...this.#store.pools.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }

  async delete(name: string): Promise<void> {
    const { updatedAt: at } = found(this.#store.pools.get(name), 'pool', name);
    this.#store.pools.delete(name);
    this.#store.record({ at, kind: 'pool.deleted', data: { pool: name } });
  }
}
