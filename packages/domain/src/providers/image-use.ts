import type { EpochMs } from '../clock.ts';
import type { ProviderId } from '../ids.ts';

/** What the rows know of images, by the names that jobs and pools give them. */
export interface ImageUse {
  /** Named by a job that has not ended, or by a pool. */
  readonly needed: ReadonlySet<string>;
  /** When a worker was last seen of an image on this provider, by the rows that are kept. */
  readonly lastUsed: ReadonlyMap<string, EpochMs>;
}

/** Which images are needed, and which were used when: derived from the rows, never kept. */
export interface ImageUseRepository {
  /** As it is at one moment. It reads many rows: for rare occasions. */
  find(providerId: ProviderId): Promise<ImageUse>;
}

/** What a collection of images did. */
export interface ImageCollection {
  /** The names of the images that were removed. */
  readonly removed: readonly string[];
}
