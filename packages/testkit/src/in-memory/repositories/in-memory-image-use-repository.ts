import {
  isTerminalJobState,
  type EpochMs,
  type ImageUse,
  type ImageUseRepository,
  type ProviderId,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

/** The use of images, from the rows of an {@link InMemoryStore}. */
export class InMemoryImageUseRepository implements ImageUseRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async find(providerId: ProviderId): Promise<ImageUse> {
    const needed = new Set<string>();
    for (const { job } of this.#store.jobs.values()) if (!isTerminalJobState(job.state)) needed.add(job.spec.image);
    for (const { template } of this.#store.pools.values()) needed.add(template.image);
    const lastUsed = new Map<string, EpochMs>();
    for (const worker of this.#store.workers.values()) {
      if (worker.providerId !== providerId) continue;
      lastUsed.set(worker.image, Math.max(lastUsed.get(worker.image) ?? 0, worker.stateChangedAt));
    }
    return { needed, lastUsed };
  }
}
