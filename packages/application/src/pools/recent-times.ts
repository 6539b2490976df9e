/** How many are remembered. */
const KEPT = 50;

/** How long the last few of something took: starts of a pool's workers, or the jobs in them. */
export class RecentTimes {
  #times: number[] = [];

  add(tookMs: number): void {
    this.#times = [...this.#times.slice(1 - KEPT), tookMs];
  }

  /** 95 of 100 took at most so long, in milliseconds; absent while none is known. */
  get p95(): number | undefined {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  }
}
