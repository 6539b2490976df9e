import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock, EpochMs } from '@hodei/domain';

import type { Random } from './random.ts';

const STEPS_A_TURN = 50;

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

interface Happening {
  readonly dueAt: EpochMs;
  /** Decides among what falls due in the same millisecond. */
  readonly rank: number;
  readonly order: number;
  readonly happen: () => void;
  cancelled: boolean;
}

/**
 * Simulated time, and the one place where it is decided what happens next. What falls due in the same
 * millisecond happens in an order that the seed decides; each happening comes to rest before the next.
 */
export class Scheduler implements Clock {
  readonly #random: Random;
  readonly #heap: Happening[] = [];
  #now: EpochMs = Date.UTC(2026, 0, 1);
  #made = 0;
  #steps = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  now(): EpochMs {
    return this.#now;
  }

  /** @returns takes it back. */
  after(durationMs: number, happen: () => void): () => void {
    this.#made += 1;
    const dueAt = this.#now + Math.max(0, Math.ceil(durationMs));
    const happening: Happening = { dueAt, rank: this.#random.next(), order: this.#made, happen, cancelled: false };
    this.#push(happening);
    return () => {
      happening.cancelled = true;
    };
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const cancel = this.after(durationMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Lets the next thing happen, and all that follows from it without time. @returns false where nothing is left. */
  async step(): Promise<boolean> {
    for (;;) {
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.cancelled) continue;
      this.#now = next.dueAt;
      next.happen();
      this.#steps += 1;
      // A tick comes when no promise callback is ready any more; it is much cheaper than a turn of the event loop.
      // Of those there are some, so that what nobody handles is noticed.
      await (this.#steps % STEPS_A_TURN === 0 ? nextTurn() : nextTick());
      return true;
    }
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.push(happening) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(happening, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = happening;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      const least = right !== undefined && isBefore(right, left) ? right : left;
      if (least === right) child += 1;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (a: Happening, b: Happening): boolean =>
  a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
