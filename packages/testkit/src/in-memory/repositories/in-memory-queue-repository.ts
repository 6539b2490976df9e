import {
  EVERY_JOB,
  unconfiguredQueue,
  type EpochMs,
  type HistoryEvent,
  type InFlight,
  type Job,
  type KeyLimit,
  type KeyLimitView,
  type Queue,
  type QueueRepository,
  type QueueView,
} from '@hodei/domain';
import { inFlightOf } from './admission.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { found } from './rows.ts';

/** Queues and limits in an {@link InMemoryStore}. */
export class InMemoryQueueRepository implements QueueRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async put(queue: Queue, at: EpochMs): Promise<Queue> {
    const { name, paused, weight, maxInFlight } = queue;
    this.#store.queues.set(name, structuredClone(queue));
    this.#changed('queue.changed', { name, paused, weight, maxInFlight: maxInFlight ?? null }, at);
    return structuredClone(queue);
  }

  async setPaused({ name, paused, at }: Parameters<QueueRepository['setPaused']>[0]): Promise<Queue> {
    const queue = { ...(await this.get(name)), paused };
    this.#store.queues.set(name, queue);
    this.#changed(paused ? 'queue.paused' : 'queue.resumed', { name }, at);
    return structuredClone(queue);
  }

  async get(name: string): Promise<Queue> {
    return structuredClone(this.#store.queues.get(name) ?? unconfiguredQueue(name));
  }

  async list(): Promise<readonly QueueView[]> {
    const live = [...this.#store.jobs.values()].map(({ job }) => job).filter(({ state }) => LIVE.includes(state));
    const names = new Set([...this.#store.queues.keys(), ...live.map(({ spec }) => spec.queue)]);
    const views = [...names].toSorted().map(async (name) => {
      const jobs = live.filter(({ spec }) => spec.queue === name);
      const pending = jobs.filter(({ state }) => state === 'pending').length;
      return { ...(await this.get(name)), pending, inFlight: jobs.length - pending };
    });
    return Promise.all(views);
  }

  async delete(name: string, at: EpochMs): Promise<void> {
    found(this.#store.queues.get(name), 'configured queue', name);
    this.#store.queues.delete(name);
    this.#changed('queue.forgotten', { name }, at);
  }

  async putLimit({ key, maxInFlight }: KeyLimit, at: EpochMs): Promise<KeyLimit> {
    this.#store.keyLimits.set(key, { key, maxInFlight });
    this.#changed('limit.changed', { key, maxInFlight }, at);
    return { key, maxInFlight };
  }

  async listLimits(): Promise<readonly KeyLimitView[]> {
    return [...this.#store.keyLimits.values()]
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map((limit) => ({ ...limit, inFlight: inFlightOf(this.#store, (job) => counts(limit.key, job)) }));
  }

  async deleteLimit(key: string, at: EpochMs): Promise<void> {
    found(this.#store.keyLimits.get(key), 'limit', key);
    this.#store.keyLimits.delete(key);
    this.#changed('limit.deleted', { key }, at);
  }

  async countInFlight({ queue, key }: Parameters<QueueRepository['countInFlight']>[0]): Promise<InFlight> {
    return {
      all: inFlightOf(this.#store, () => true),
      inQueue: inFlightOf(this.#store, ({ spec }) => spec.queue === queue),
      withKey: key === undefined ? 0 : inFlightOf(this.#store, ({ spec }) => spec.concurrencyKey === key),
    };
  }

  #changed(kind: string, data: HistoryEvent['data'], at: EpochMs): void {
    this.#store.record({ at, kind, data });
    this.#store.announce({ kind: 'resync' });
  }
}

const LIVE: readonly Job['state'][] = ['pending', 'scheduled', 'running'];

const counts = (key: string, { spec }: Job): boolean => key === EVERY_JOB || spec.concurrencyKey === key;
