import type { HistoryEvent, HistoryRepository } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

/** The history of an {@link InMemoryStore}. */
export class InMemoryHistoryRepository implements HistoryRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async append(event: Omit<HistoryEvent, 'seq'>): Promise<void> {
    this.#store.record(event);
  }

  async list(query: Parameters<HistoryRepository['list']>[0]): Promise<readonly HistoryEvent[]> {
    const { afterSeq, limit, jobId, workerId, providerId } = query;
    const matching = this.#store.history.filter(
      (event) =>
        event.seq > afterSeq &&
        (jobId === undefined || event.jobId === jobId) &&
        (workerId === undefined || event.workerId === workerId) &&
        (providerId === undefined || event.providerId === providerId),
    );
    return structuredClone(matching.slice(0, Math.max(0, limit)));
  }
}
