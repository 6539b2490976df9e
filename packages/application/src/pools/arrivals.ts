import type { EpochMs } from '@hodei/domain';

/** A sudden rush shows in the short window, a steady stream in the long one. In milliseconds. */
const SHORT_MS = 5000;
const LONG_MS = 60_000;
/** More moments than this are not kept; a rate that high is well known from fewer. */
const MOST_KEPT = 10_000;

/** When jobs came, as far back as it matters. */
export class Arrivals {
  #moments: EpochMs[] = [];

  add(at: EpochMs): void {
    this.#moments.push(at);
    if (this.#moments.length > MOST_KEPT) this.#moments = this.#moments.slice(-MOST_KEPT / 2);
  }

  /** Arrivals a second: the higher of the short and the long window's rate. */
  perSecond(now: EpochMs): number {
    const recent = this.#moments.filter((at) => at > now - LONG_MS);
    this.#moments = recent;
    const short = recent.filter((at) => at > now - SHORT_MS).length / (SHORT_MS / 1000);
    return Math.max(short, recent.length / (LONG_MS / 1000));
  }
}
