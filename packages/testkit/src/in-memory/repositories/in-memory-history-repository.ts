import type { HistoryEvent, HistoryHorizon, HistoryRepository } from '@hodei/domain';
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
    const { afterSeq, upToSeq = Infinity, limit, jobId, workerId, providerId } = query;
    const matching = this.#store.history.filter(
      (event) =>
        event.seq > afterSeq &&
        event.seq <= upToSeq &&
        (jobId === undefined || event.jobId === jobId) &&
        (workerId === undefined || event.workerId === workerId) &&
        (providerId === undefined || event.providerId === providerId),
    );
    return structuredClone(matching.slice(0, Math.max(0, limit)));
  }

  async horizon(): Promise<HistoryHorizon> {
    return { upTo: this.#store.lastHistorySeq, isPending: false };
  }
}
