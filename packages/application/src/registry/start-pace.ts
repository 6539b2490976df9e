import { orAborted, type Clock } from '@hodei/domain';

import { OVER } from '../support/over.ts';
import { verdictOf } from './error-verdicts.ts';

/**
 * How many starts run at once at the most, and at the least unless the engine fails. A Docker Engine on two cores starts
 * the most a second where 4 to 8 are under way; what one more gains it there is less than the noise of a few starts.
 */
const MOST = 16;
const LEAST = 6;

/** One more at once is worth it where it makes the engine start so many times as many a second. */
const WORTH_IT = 1.03;

/** How much a new time counts beside those of before. */
const NEW = 0.3;

/** How much of the limit is kept when the engine fails. */
const CUT = 0.7;

/** A start that takes longer than this, in milliseconds, hangs: it keeps nobody waiting any more. */
const HANGS_MS = 30_000;

/** For whom something is started: a job comes before a pool. */
export type StartFor = 'job' | 'pool';

/** A start that has its turn. */
interface Start {
  /** The worker is ready. @returns how long that took, in milliseconds, its turn not counted in. */
  succeeded(): number;
  /** It could not be made. Only a fault of the engine makes this pace slower. */
  failed(error: unknown): void;
}

interface Waiter {
  readonly startFor: StartFor;
  readonly begin: () => void;
}

/**
 * How many workers one engine starts at once, for jobs and pools together: one more as long as that makes it start more
 * a second, one fewer where it does not, and much fewer where it fails. Asked for too much at once, an engine only gets
 * slower for each. Who waits has its turn in order, jobs before pools.
 */
export class StartPace {
  readonly #clock: Clock;
  #limit = LEAST;
  #running = 0;
  /** Grows with each change of the limit: what began before says nothing about it. */
  #changes = 0;
  /** How many starts were timed at this limit. */
  #timed = 0;
  /** How long a start takes where so many run, in milliseconds. */
  readonly #tookMs: number[] = [];
  #waiting: Waiter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many may run at once. */
  get limit(): number {
    return this.#limit;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** Whether jobs wait for their turn. */
  get hasJobsWaiting(): boolean {
    return this.#waiting.some(({ startFor }) => startFor === 'job');
  }

  /**
   * Starts something when it has its turn.
   * @returns what was made, and how long that took, in milliseconds, its turn not counted in.
   */
  async run<T>(startFor: StartFor, signal: AbortSignal, make: () => Promise<T>): Promise<{ made: T; tookMs: number }> {
    const start = await this.#begin(startFor, signal);
    try {
      const made = await make();
      return { made, tookMs: start.succeeded() };
    } catch (error) {
      start.failed(error);
      throw error;
    }
  }

  /** Waits for its turn. No longer than those before it take, each of which counts for 30 s at most. */
  async #begin(startFor: StartFor, signal: AbortSignal): Promise<Start> {
    signal.throwIfAborted();
    if (this.#running >= this.limit || this.#waiting.length > 0) await this.#turn(startFor, signal);
    else this.#running += 1;
    return this.#start();
  }

  #turn(startFor: StartFor, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { startFor, begin: resolve };
    this.#waiting.push(waiter);
    return orAborted(promise, signal, () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    });
  }

  #start(): Start {
    const began = { at: this.#clock.now(), running: this.#running, changes: this.#changes };
    const over = new AbortController();
    let isCounted = true;
    const leave = (): void => {
      if (isCounted) this.#running -= 1;
      isCounted = false;
      over.abort(OVER);
      this.#letBegin();
    };
    void this.#clock.sleep(HANGS_MS, over.signal).then(leave, () => undefined);
    return {
      succeeded: () => {
        const tookMs = this.#clock.now() - began.at;
        if (isCounted && began.running === this.#running) this.#time(tookMs, began.changes);
        leave();
        return tookMs;
      },
      failed: (error) => {
        // Once for all that began before: they had its reason in common.
        if (verdictOf(error) === 'engine_failed' && began.changes === this.#changes) this.#setLimit(this.#limit * CUT);
        leave();
      },
    };
  }

  #letBegin(): void {
    while (this.#running < this.limit) {
      const job = this.#waiting.findIndex(({ startFor }) => startFor === 'job');
      const [next] = this.#waiting.splice(Math.max(0, job), 1);
      if (next === undefined) return;
      // Its place is taken here, so that nobody comes between.
      this.#running += 1;
      next.begin();
    }
  }

  /** A start took so long while as many ran as run now. */
  #time(tookMs: number, changes: number): void {
    const running = this.#running;
    const before = this.#tookMs[running] ?? tookMs;
    this.#tookMs[running] = before + NEW * (tookMs - before);
    // A limit that was not reached says nothing about a higher one.
    if (running !== this.#limit || changes !== this.#changes) return;
    this.#timed += 1;
    if (this.#timed <= running) return;
    const isWorthIt = running <= LEAST || this.#perSecond(running) >= WORTH_IT * this.#perSecond(running - 1);
    this.#setLimit(running + (isWorthIt ? 1 : -1));
  }

  /** 0 where it is not known. */
  #perSecond(running: number): number {
    const tookMs = this.#tookMs[running];
    return tookMs === undefined ? 0 : running / Math.max(1, tookMs);
  }

  #setLimit(limit: number): void {
    this.#limit = Math.min(MOST, Math.max(1, Math.floor(limit)));
    this.#changes += 1;
    this.#timed = 0;
  }
}
