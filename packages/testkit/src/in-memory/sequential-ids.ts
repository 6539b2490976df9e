import type { IdGenerator } from '@hodei/domain';

/**
 * Makes the same ids in each run: valid UUIDs of version 7 that sort by the order in which they were made, and
 * nonces of the right shape that anyone can guess.
 */
export class SequentialIds implements IdGenerator {
  readonly #series: number;
  #uuids = 0;
  #nonces = 0;

  /** @param series keeps the ids of several generators apart; 0 to 4294967295. */
  constructor(series = 0) {
    this.#series = series;
  }

  uuid(): string {
    this.#uuids += 1;
    return `${hex(this.#series, 8)}-0000-7000-8000-${hex(this.#uuids, 12)}`;
  }

  nonce(): string {
    this.#nonces += 1;
    return hex(this.#series, 16) + hex(this.#nonces, 16);
  }
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
