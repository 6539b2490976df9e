/** For an image that was never started here: what a small one takes. */
const UNKNOWN_MS = 500;
/** How much the newest time counts. */
const WEIGHT = 0.3;
/** More images than this are not remembered. */
const MOST_REMEMBERED = 1_000;

/** How long workers took to be ready: a moving average an image. */
export class StartupTimes {
  readonly #averages = new Map<string, number>();
  #overall = UNKNOWN_MS;

  record(image: string, tookMs: number): void {
    const before = this.#averages.get(image);
    this.#averages.delete(image);
    this.#averages.set(image, before === undefined ? tookMs : before + WEIGHT * (tookMs - before));
    this.#overall += WEIGHT * (tookMs - this.#overall);
    const oldest = this.#averages.keys().next();
    if (this.#averages.size > MOST_REMEMBERED && oldest.done !== true) this.#averages.delete(oldest.value);
  }

  /** In milliseconds; for an unknown image what all took. */
  estimate(image: string): number {
    return Math.round(this.#averages.get(image) ?? this.#overall);
  }
}
