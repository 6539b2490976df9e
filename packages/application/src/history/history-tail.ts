import { orAborted, type Clock, type HistoryRepository } from '@hodei/domain';

import type { ChangeHub } from '../support/change-hub.ts';

/** Most changes are announced; those that are not are found by looking, as often as this, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** Where events wait for others before them: those are about to be committed. */
const PENDING_MS = 20;

interface Waiter {
  readonly after: number;
  readonly resolve: (upTo: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Tells all who follow the history in this process how far it can be read. It looks only while someone waits. */
export class HistoryTail {
  readonly #history: HistoryRepository;
  readonly #hub: ChangeHub;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #isLooking = false;
  #upTo = 0;

  constructor(params: { readonly history: HistoryRepository; readonly hub: ChangeHub; readonly clock: Clock }) {
    this.#history = params.history;
    this.#hub = params.hub;
    this.#clock = params.clock;
  }

  /** How far the history can be read now. */
  async now(): Promise<number> {
    return (await this.#history.horizon()).upTo;
  }

  /**
   * Resolves with how far the history can be read, once that is further than `after`.
   * @throws the signal's reason; what reading the store throws.
   */
  async next(after: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#upTo > after) return this.#upTo;
    const { promise, ...settle } = Promise.withResolvers<number>();
    const waiter: Waiter = { after, ...settle };
    this.#waiters.add(waiter);
    if (!this.#isLooking) void this.#look();
    try {
      return await orAborted(promise, signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  /** Looks until nobody waits any more. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    using changes = this.#hub.subscribe({ kinds: ['job', 'deferred', 'cancel', 'worker', 'resync'] });
    try {
      while (this.#waiters.size > 0) {
        const { upTo, isPending } = await this.#history.horizon();
        this.#upTo = upTo;
        for (const waiter of this.#waiters) if (upTo > waiter.after) waiter.resolve(upTo);
        const enough = new AbortController();
        const late = this.#clock.sleep(isPending ? PENDING_MS : LOOK_EVERY_MS, enough.signal);
        const changed = isPending ? late : changes.next(enough.signal);
        await Promise.race([late, changed]);
        enough.abort();
        await Promise.allSettled([late, changed]);
      }
    } catch (error) {
      for (const waiter of this.#waiters) waiter.reject(error);
    } finally {
      this.#isLooking = false;
    }
  }
}
