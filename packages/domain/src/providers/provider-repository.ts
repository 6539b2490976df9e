import type { Capacity } from './capacity.ts';
import type { EpochMs } from '../clock.ts';
import type { ProviderId } from '../ids.ts';
import type { ProviderConfig, ProviderPatch } from './provider-config.ts';

/** Provider configurations. Names are unique. */
export interface ProviderRepository {
  /** @throws HodeiError `name_taken`; `conflict` where the id exists. */
  insert(config: ProviderConfig): Promise<ProviderConfig>;

  /** @throws HodeiError `not_found` */
  get(id: ProviderId): Promise<ProviderConfig>;

  /** @throws HodeiError `not_found` */
  getByName(name: string): Promise<ProviderConfig>;

  /** All, by name. */
  list(): Promise<readonly ProviderConfig[]>;

  /**
   * Changes what the patch names, if `version` is still the row's; the new version is one higher.
   * @throws HodeiError `conflict`, `name_taken`, `not_found`
   */
  update(change: {
    readonly id: ProviderId;
    readonly version: number;
    readonly patch: ProviderPatch;
    readonly at: EpochMs;
  }): Promise<ProviderConfig>;

  /**
   * Takes note of what may be promised to a provider's workers. It is no change of the configuration: the version stays.
   * @throws HodeiError `not_found`
   */
  setCapacity(id: ProviderId, capacity: Capacity): Promise<ProviderConfig>;

  /**
   * Forgets a provider.
   * @throws HodeiError `conflict` while it has workers that are not terminated; `not_found`
   */
  delete(id: ProviderId): Promise<void>;
}
