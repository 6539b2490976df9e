import type { Clock, EpochMs } from '@hodei/domain';

/** What happened in a run, in its order: as a hash that tells two runs apart, and on demand as lines to read. */
export class Trace {
  readonly lines: string[] = [];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #startedAt: EpochMs;
  readonly #keep: boolean;
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  constructor(clock: Pick<Clock, 'now'>, keep: boolean) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#keep = keep;
  }

  /** 16 hex digits. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  add(who: string, what: string): void {
    const ms = this.#clock.now() - this.#startedAt;
    const line = `${ms} ${who} ${what}`;
    // FNV-1a, twice with different primes: quick, and good enough to notice a difference.
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      this.#low = Math.imul(this.#low ^ code, 0x01000193) >>> 0;
      this.#high = Math.imul(this.#high ^ code, 0x85ebca6b) >>> 0;
    }
    if (this.#keep) this.lines.push(`${(ms / 1000).toFixed(3).padStart(8)}  ${who.padEnd(8)} ${what}`);
  }
}
