import {
  EVERY_JOB,
  isIdle,
  type Census,
  type CensusRepository,
  type Clock,
  type EpochMs,
  type Job,
  type WaitingClass,
} from '@hodei/domain';
import { inFlightOf } from './admission.ts';
import type { InMemoryStore } from './in-memory-store.ts';

/** Counts what lives in an {@link InMemoryStore}. */
export class InMemoryCensusRepository implements CensusRepository {
  readonly #store: InMemoryStore;
  readonly #clock: Clock;

  constructor(store: InMemoryStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async take(at: EpochMs): Promise<Census> {
    const jobs = [...this.#store.jobs.values()].map(({ job }) => job);
    const pending = jobs.filter(({ state }) => state === 'pending');
    const since = pending
      .filter(({ notBefore, refusal }) => notBefore <= at || refusal !== undefined)
      .map(({ createdAt, notBefore, refusal }) => (refusal === undefined ? Math.max(createdAt, notBefore) : createdAt));
    const waiting = pending.map((job) => ({ ...this.#queueOf(job), waitsFor: this.#waitsFor(job, at) }));
    const inFlight = jobs.flatMap((job) =>
      job.state === 'scheduled' || job.state === 'running' ? [{ ...this.#queueOf(job), state: job.state }] : [],
    );
    return {
      waiting: grouped(waiting).map(({ key, count }) => ({ ...key, jobs: count })),
      ...(since.length === 0 ? {} : { oldestWaitingSince: Math.min(...since) }),
      inFlight: grouped(inFlight).map(({ key, count }) => ({ ...key, jobs: count })),
      workers: this.#workers(),
      instances: this.#live(),
    };
  }

  #workers(): Census['workers'] {
    const live = [...this.#store.workers.values()].flatMap((worker) => {
      const { providerId, pool, state } = worker;
      return state === 'terminated'
        ? []
        : [{ worker, key: { providerId, ...(pool === undefined ? {} : { pool }), state } }];
    });
    const idle = grouped(live.filter(({ worker }) => isIdle(worker)).map(({ key }) => key));
    return grouped(live.map(({ key }) => key)).map(({ key, text, count }) => ({
      ...key,
      workers: count,
      idle: idle.find((one) => one.text === text)?.count ?? 0,
    }));
  }

  #live(): number {
    return [...this.#store.instances.values()].filter((one) => one.leaseExpiresAt > this.#clock.now()).length;
  }

  #queueOf({ spec: { queue } }: Job): { readonly queue?: string } {
    return queue === 'default' || this.#store.queues.has(queue) ? { queue } : {};
  }

  #waitsFor({ id, spec, notBefore, refusal }: Job, at: EpochMs): WaitingClass {
    if (notBefore > at) {
      if (refusal !== undefined) return refusal.reason;
      return [...this.#store.attempts.values()].some(({ jobId }) => jobId === id) ? 'retry_backoff' : 'not_before';
    }
    const queue = this.#store.queues.get(spec.queue);
    if (queue?.paused === true) return 'queue_paused';
    for (const { key, maxInFlight } of this.#store.keyLimits.values()) {
      if (key !== EVERY_JOB && key !== spec.concurrencyKey) continue;
      const counted = inFlightOf(this.#store, (job) => key === EVERY_JOB || job.spec.concurrencyKey === key);
      if (counted >= maxInFlight) return 'key_limit';
    }
    const inQueue = inFlightOf(this.#store, (job) => job.spec.queue === spec.queue);
    if (inQueue >= (queue?.maxInFlight ?? Number.POSITIVE_INFINITY)) return 'queue_limit';
    if (this.#live() === 0) return 'no_instance';
    return refusal?.reason ?? 'turn';
  }
}

/** The different keys, and how often there is each. */
function grouped<Key extends object>(
  keys: readonly Key[],
): readonly { readonly key: Key; readonly text: string; readonly count: number }[] {
  const groups = new Map<string, { readonly key: Key; readonly text: string; count: number }>();
  for (const key of keys) {
    const text = JSON.stringify(key);
    const group = groups.get(text) ?? { key, text, count: 0 };
    group.count += 1;
    groups.set(text, group);
  }
  return [...groups.values()];
}
