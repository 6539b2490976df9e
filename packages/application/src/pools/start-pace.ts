/** How many starts run at once at least and at most, and at first. */
const LEAST = 1;
const MOST = 16;
const FIRST = 2;

/** A start may take so many times as long as one alone before it is held to be the engine's limit. */
const TOLERATED = 3;

/** How much of the limit is kept when starts take too long or fail. */
const CUT = 0.7;

/** The fastest start seen is forgotten slowly, by this part with each start: an engine may become slower for good. */
const FORGET = 0.0005;

/**
 * How many workers one engine starts at once: more while the time that a start takes holds, fewer when it doesn't
 * (additive increase, multiplicative decrease). An engine that is asked for too much at once gets slower for all.
 */
export class StartPace {
  #limit = FIRST;
  #running = 0;
  #cuts = 0;
  #fastestMs: number | undefined;

  /** How many may be started now. */
  get free(): number {
    return Math.max(0, Math.floor(this.#limit) - this.#running);
  }

  get limit(): number {
    return this.#limit;
  }

  /** @returns what to give to {@link ended}. */
  started(): number {
    this.#running += 1;
    return this.#cuts;
  }

  /** @param tookMs absent where it failed. */
  ended(started: number, tookMs?: number): void {
    const wasFull = this.#running >= Math.floor(this.#limit);
    this.#running -= 1;
    if (tookMs === undefined) return this.#cut(started);
    const fastest = Math.min(tookMs, (this.#fastestMs ?? tookMs) * (1 + FORGET));
    this.#fastestMs = fastest;
    if (tookMs > Math.max(fastest, 1) * TOLERATED) this.#cut(started);
    // A limit that was not reached says nothing about a higher one.
    else if (wasFull) this.#limit = Math.min(MOST, this.#limit + 1 / this.#limit);
  }

  /** Once for all that began before the last cut: they had its reason in common. */
  #cut(started: number): void {
    if (started !== this.#cuts) return;
    this.#cuts += 1;
    this.#limit = Math.max(LEAST, this.#limit * CUT);
  }
}
