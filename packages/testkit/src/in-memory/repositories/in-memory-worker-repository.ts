import {
  isTerminalWorkerState,
  parsePageRequest,
  toPage,
  transitionWorker,
  type Page,
  type ProviderId,
  type Worker,
  type WorkerId,
  type WorkerQuery,
  type WorkerRepository,
} from '@hodei/domain';
import { changeWorkerState } from './change-worker-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { newestFirst } from './newest-first.ts';
import { assertOwner, assertStill, workerRow } from './rows.ts';

type Ready = Parameters<WorkerRepository['markReady']>[0];
type Transition = Parameters<WorkerRepository['transition']>[0];

/** Workers in an {@link InMemoryStore}. */
export class InMemoryWorkerRepository implements WorkerRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async get(workerId: WorkerId): Promise<Worker> {
    return structuredClone(workerRow(this.#store, workerId));
  }

  async list(query: WorkerQuery): Promise<Page<Worker>> {
    const { limit, after } = parsePageRequest(query);
    const matching = [...this.#store.workers.values()].filter(
      ({ state, providerId }) =>
        (query.states === undefined || query.states.includes(state)) &&
        (query.providerId === undefined || query.providerId === providerId),
    );
    return structuredClone(toPage(newestFirst(matching, after, limit + 1), limit));
  }

  async countLive(): Promise<ReadonlyMap<ProviderId, number>> {
    const counts = new Map<ProviderId, number>();
    for (const { providerId, state } of this.#store.workers.values()) {
      if (!isTerminalWorkerState(state)) counts.set(providerId, (counts.get(providerId) ?? 0) + 1);
    }
    return counts;
  }

  async markReady(ready: Ready): Promise<Worker> {
    const worker = workerRow(this.#store, ready.workerId);
    assertOwner('worker', worker, ready.epoch);
    const waited = worker.state === 'creating' || worker.state === 'connecting';
    assertStill(waited, `worker ${worker.id} is ${worker.state}, neither creating nor connecting`);
    return structuredClone(changeWorkerState(this.#store, worker, { to: 'ready', at: ready.at, handle: ready.handle }));
  }

  async transition(change: Transition): Promise<Worker> {
    transitionWorker(change.from, change.to);
    const worker = workerRow(this.#store, change.workerId);
    assertOwner('worker', worker, change.epoch);
    assertStill(worker.state === change.from, `worker ${worker.id} is ${worker.state}, not ${change.from}`);
    return structuredClone(changeWorkerState(this.#store, worker, change));
  }
}
