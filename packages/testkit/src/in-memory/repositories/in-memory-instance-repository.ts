import {
  HodeiError,
  parseInstallationId,
  type Clock,
  type Epoch,
  type IdGenerator,
  type Instance,
  type InstanceRepository,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

/** Instances in an {@link InMemoryStore}; the clock stands for the store's own. */
export class InMemoryInstanceRepository implements InstanceRepository {
  readonly #store: InMemoryStore;
  readonly #clock: Clock;
  readonly #ids: IdGenerator;

  constructor(store: InMemoryStore, clock: Clock, ids: IdGenerator) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
  }

  async register(registration: Parameters<InstanceRepository['register']>[0]): Promise<Instance> {
    const { name, leaseMs, keepsPools = false } = registration;
    this.#store.installationId ??= parseInstallationId(this.#ids.uuid());
    const { installationId } = this.#store;
    return this.#put({
      epoch: this.#store.nextEpoch(),
      installationId,
      name,
      keepsPools,
      leaseExpiresAt: this.#clock.now() + leaseMs,
    });
  }

  async renew({ epoch, leaseMs }: { readonly epoch: Epoch; readonly leaseMs: number }): Promise<Instance> {
    const instance = this.#store.instances.get(epoch);
    if (instance === undefined || !this.#isLive(instance)) {
      throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out or was released; register again`);
    }
    return this.#put({ ...instance, leaseExpiresAt: this.#clock.now() + leaseMs });
  }

  async release(epoch: Epoch): Promise<void> {
    this.#store.instances.delete(epoch);
  }

  async listLive(): Promise<readonly Instance[]> {
    return [...this.#store.instances.values()].filter((instance) => this.#isLive(instance));
  }

  #isLive(instance: Instance): boolean {
    return instance.leaseExpiresAt > this.#clock.now();
  }

  #put(instance: Instance): Instance {
    this.#store.instances.set(instance.epoch, instance);
    return instance;
  }
}
