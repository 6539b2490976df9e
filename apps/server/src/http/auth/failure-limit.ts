import { isIPv6 } from 'node:net';

import type { Clock, EpochMs } from '@hodei/domain';

/** So many wrong tokens from one address within this time, in milliseconds, and few are looked at for the rest of it. */
const MOST_FAILURES = 20;
const WINDOW_MS = 60_000;
/** So many are looked at each second then: whoever has a right one gets in, and the database is not kept busy. */
const TRIES_A_SECOND = 20;
/** More addresses than these are not remembered; the oldest is forgotten first. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  readonly since: EpochMs;
  count: number;
  /** When it was tried last, in seconds, and how often within that second. */
  second: number;
  tries: number;
}

/** Counts wrong tokens by address. */
export class FailureLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isReached(address: string): boolean {
    const entry = this.#current(networkOf(address));
    return entry !== undefined && entry.count >= MOST_FAILURES;
  }

  /** Whether a token from there may be looked at now. Counts as one. */
  mayTry(address: string): boolean {
    const entry = this.#current(networkOf(address));
    if (entry === undefined || entry.count < MOST_FAILURES) return true;
    const second = Math.floor(this.#clock.now() / 1000);
    entry.tries = entry.second === second ? entry.tries + 1 : 1;
    entry.second = second;
    return entry.tries <= TRIES_A_SECOND;
  }

  add(address: string): void {
    const network = networkOf(address);
    const entry = this.#current(network);
    if (entry !== undefined) {
      entry.count += 1;
      return;
    }
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MOST_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(network, { since: this.#clock.now(), count: 1, second: 0, tries: 0 });
  }

  #current(network: string): Failures | undefined {
    const entry = this.#failures.get(network);
    if (entry === undefined || entry.since + WINDOW_MS > this.#clock.now()) return entry;
    this.#failures.delete(network);
    return undefined;
  }
}

/** Whoever has one IPv6 address has 2^64 of them. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  return address.split('::')[0]?.split(':').slice(0, 4).join(':') ?? address;
}
