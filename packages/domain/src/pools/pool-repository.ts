import type { EpochMs } from '../clock.ts';
import type { Pool, PoolSettings } from './pool.ts';

/** Pools. Names are unique; every change is compare-and-set on the version. */
export interface PoolRepository {
  /**
   * Stores a pool as a whole, if `version` is still the row's; 0 stands for one that does not exist yet. The new
   * version is one higher.
   * @throws HodeiError `conflict`
   */
  put(change: { readonly pool: PoolSettings; readonly version: number; readonly at: EpochMs }): Promise<Pool>;

  /** @throws HodeiError `not_found` */
  get(name: string): Promise<Pool>;

  /** All, by name. */
  list(): Promise<readonly Pool[]>;

  /** Forgets a pool. Its workers are left to who holds them. @throws HodeiError `not_found` */
  delete(name: string): Promise<void>;
}
