import type { EpochMs } from '@hodei/domain';

/** How many jobs are tried within a second at the most while none of them finds room. */
const MOST_A_SECOND = 100;

const SECOND_MS = 1000;

/**
 * How many more jobs are worth a claim. Where none of them finds room, each claim is two statements for nothing, and
 * with many pending ones there would be no end of it: so as long as no job finds room, only so many are tried a second.
 */
export class RoomTries {
  #refusedAt: EpochMs[] = [];

  /** A job found a place. */
  found(): void {
    this.#refusedAt = [];
  }

  /** A job found no room. */
  refused(at: EpochMs): void {
    this.#refusedAt.push(at);
  }

  /** How many more may be tried now. */
  left(now: EpochMs): number {
    return Math.max(0, MOST_A_SECOND - this.#lately(now).length);
  }

  /** Whether a job found no room within the last second, and none has found any since. */
  wasRefused(now: EpochMs): boolean {
    return this.#lately(now).length > 0;
  }

  #lately(now: EpochMs): readonly EpochMs[] {
    if (this.#refusedAt.length > 0) this.#refusedAt = this.#refusedAt.filter((at) => at > now - SECOND_MS);
    return this.#refusedAt;
  }
}
