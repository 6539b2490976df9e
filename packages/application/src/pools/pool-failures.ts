import type { EpochMs, HodeiError } from '@hodei/domain';

import { isEngineAway } from '../registry/error-verdicts.ts';
import { backoffMs } from '../support/backoff.ts';

/** The wait after a worker could not be made, in milliseconds: it doubles from the first to the last. */
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 60_000;

/** Where nothing is wrong with the template, it is tried again after so many milliseconds. */
const SOON_MS = 1000;

/** A worker that is being made. */
export interface BegunRefill {
  /** How many refusals there had been when it was begun. */
  readonly after: number;
}

/** What follows from a worker that could not be made. */
export interface PoolFailure {
  /** How many could not be made in a row. */
  readonly failures: number;
  readonly isFirst: boolean;
  /** None is made before so many milliseconds have passed. */
  readonly waitMs: number;
}

/**
 * When the next worker of a pool may be made. A template that fails is tried again later and later, and once only each
 * time: a wrong image is no storm.
 */
export class PoolFailures {
  /** How many could not be made in a row, for whatever an engine said. */
  #failures = 0;
  /** How many of those the template may be the reason of; those that were under way together count as one. */
  #refusals = 0;
  #retryAt: EpochMs = 0;
  /** One tries whether it works again. */
  #isTrying = false;

  mayBegin(now: EpochMs): boolean {
    return now >= this.#retryAt && !this.#isTrying;
  }

  /** One is being made. After failures it is alone until {@link ended}. @returns what {@link failed} is told of it. */
  began(): BegunRefill {
    this.#isTrying = this.#failures > 0;
    return { after: this.#refusals };
  }

  ended(): void {
    this.#isTrying = false;
  }

  /** There is no room for one. It waits for that as a job does, and nothing has failed. */
  noRoom(now: EpochMs): void {
    this.#retryAt = now + SOON_MS;
  }

  /** The template is another one now: what is known of the one before does not hold for it. */
  changed(): void {
    this.#refusals = 0;
    this.#retryAt = 0;
    this.#isTrying = false;
  }

  /** @param begun absent where it was not even begun. */
  failed(error: HodeiError, now: EpochMs, begun: BegunRefill = { after: this.#refusals }): PoolFailure {
    const before = Math.min(begun.after, this.#refusals);
    const isStoreAway = error.code === 'database_unavailable';
    const isFirst = this.#failures === 0 && !isStoreAway;
    // Who is away says nothing about the template; and the registry keeps work from an engine until it is back.
    const isAway = isStoreAway || isEngineAway(error);
    const waitMs = isAway ? SOON_MS : backoffMs(before, FIRST_WAIT_MS, LAST_WAIT_MS);
    if (!isStoreAway) this.#failures += 1;
    if (!isAway) this.#refusals = Math.max(this.#refusals, before + 1);
    this.#retryAt = Math.max(this.#retryAt, now + waitMs);
    return { failures: this.#failures, isFirst, waitMs };
  }

  /** One was made. @returns how many could not be made before it. */
  succeeded(): number {
    const before = this.#failures;
    this.#failures = 0;
    this.#refusals = 0;
    return before;
  }
}
