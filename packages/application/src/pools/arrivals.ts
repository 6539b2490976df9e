import type { EpochMs, JobId } from '@hodei/domain';

/** A sudden rush shows in the short window, a steady stream in the long one. In milliseconds. */
const SHORT_MS = 5000;
const LONG_MS = 60_000;
/** No more than these are kept; a rate that high is well known from fewer. */
const MOST_KEPT = 10_000;

/** When jobs came, as far back as it matters. */
export class Arrivals {
  /** The first to come first. */
  readonly #moments = new Map<JobId, EpochMs>();

  /** A job looks for a worker. While it is remembered it is the same arrival, however often it looks again. */
  add(jobId: JobId, at: EpochMs): void {
    if (this.#moments.has(jobId)) return;
    this.#moments.set(jobId, at);
    const [first] = this.#moments.keys();
    if (this.#moments.size > MOST_KEPT && first !== undefined) this.#moments.delete(first);
  }

  /** Arrivals a second: the higher of the short and the long window's rate. */
  perSecond(now: EpochMs): number {
    let short = 0;
    for (const [jobId, at] of this.#moments) {
      if (at <= now - LONG_MS) this.#moments.delete(jobId);
      else if (at > now - SHORT_MS) short += 1;
    }
    return Math.max(short / (SHORT_MS / 1000), this.#moments.size / (LONG_MS / 1000));
  }
}
