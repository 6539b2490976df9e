import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '@hodei/domain';

interface Sleeper {
  readonly dueAt: EpochMs;
  readonly wake: () => void;
}

/** So many turns without a sleeper waking mean that a loop sleeps for nothing, forever. */
const MAX_TURNS = 100_000;

/**
 * A clock that stands still until a test moves it, so that hours pass in milliseconds and the same run gives
 * the same times. Sleepers wake in the order of their due times, then in the order in which they lay down.
 */
export class SimulatedClock implements Clock {
  #now: EpochMs;
  #sleepers: Sleeper[] = [];
  #turnsPending = 0;

  /** @param startAt what the clock shows first; by default 2026-01-01T00:00:00Z. */
  constructor(startAt: EpochMs = Date.UTC(2026, 0, 1)) {
    this.#now = startAt;
  }

  now(): EpochMs {
    return this.#now;
  }

  /** How many sleeps wait for the clock to move. */
  get pendingSleeps(): number {
    return this.#sleepers.length;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (durationMs <= 0) {
      this.#turnsPending += 1;
      await nextTurn();
      this.#turnsPending -= 1;
      signal?.throwIfAborted();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueAt: this.#now + durationMs,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const later = this.#sleepers.findIndex((other) => other.dueAt > sleeper.dueAt);
      this.#sleepers.splice(later === -1 ? this.#sleepers.length : later, 0, sleeper);
    });
  }

  /** Moves time forward by so many milliseconds, and lets all that falls due on the way happen in its order. */
  async advance(durationMs: number): Promise<void> {
    const target = this.#now + durationMs;
    await this.settle();
    for (let next = this.#sleepers[0]; next !== undefined && next.dueAt <= target; next = this.#sleepers[0]) {
      await this.#wakeFirst();
    }
    this.#now = target;
  }

  /**
   * Moves time forward from sleeper to sleeper until none is left, or none within `maxMs`.
   * @returns how many milliseconds went by.
   */
  async runUntilIdle(maxMs = 24 * 3600 * 1000): Promise<number> {
    const startedAt = this.#now;
    await this.settle();
    for (
      let next = this.#sleepers[0];
      next !== undefined && next.dueAt <= startedAt + maxMs;
      next = this.#sleepers[0]
    ) {
      await this.#wakeFirst();
    }
    return this.#now - startedAt;
  }

  /**
   * Moves time forward from sleeper to sleeper until the promise has settled, and returns or throws what it did.
   * @throws Error where it has not settled and nobody sleeps any more, or not within `maxMs`.
   */
  async runUntilSettled<T>(promise: Promise<T>, maxMs = 24 * 3600 * 1000): Promise<T> {
    const deadline = this.#now + maxMs;
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.settle();
    while (!settled) {
      const next = this.#sleepers[0];
      if (next === undefined)
        throw new Error('the promise waits for something that is not time: nobody sleeps any more');
      if (next.dueAt > deadline) throw new Error(`the promise has not settled within ${maxMs} ms of simulated time`);
      await this.#wakeFirst();
    }
    return await promise;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    // One turn runs all promise callbacks that are ready; a second catches what a sleep of 0 set going.
    for (let turn = 0; turn < 2 || this.#turnsPending > 0; turn += 1) {
      if (turn > MAX_TURNS)
        throw new Error(`something still sleeps for 0 ms after ${MAX_TURNS} turns; it would never end`);
      await nextTurn();
    }
  }

  async #wakeFirst(): Promise<void> {
    const sleeper = this.#sleepers.shift();
    if (sleeper === undefined) return;
    this.#now = Math.max(this.#now, sleeper.dueAt);
    sleeper.wake();
    await this.settle();
  }
}
