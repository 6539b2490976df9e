import {
  HodeiError,
  isTerminalJobState,
  parseInstallationId,
  wrongSealingKey,
  type Clock,
  type EngineDeclaration,
  type Epoch,
  type IdGenerator,
  type Instance,
  type InstanceRepository,
  type ProviderId,
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
    const { name, leaseMs, keepsPools = false, sealingCheck } = registration;
    if (sealingCheck !== undefined) this.#assertSealingKey(sealingCheck);
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

  async declareEngine({
    epoch,
    providerId,
    engineId,
  }: Parameters<InstanceRepository['declareEngine']>[0]): Promise<EngineDeclaration | undefined> {
    const { engines } = this.#store;
    const own = engines.get(epoch) ?? new Map<ProviderId, string>();
    engines.set(epoch, own.set(providerId, engineId));
    for (const instance of await this.listLive()) {
      const other = engines.get(instance.epoch)?.get(providerId) ?? engineId;
      if (other === engineId) continue;
      own.delete(providerId);
      return { instance: instance.name, engineId: other };
    }
    return undefined;
  }

  async listLive(): Promise<readonly Instance[]> {
    return [...this.#store.instances.values()].filter((instance) => this.#isLive(instance));
  }

  #assertSealingKey(check: string): void {
    const { sealingCheck, instances, jobs } = this.#store;
    const isNeeded =
      [...instances.values()].some((instance) => this.#isLive(instance)) ||
      [...jobs.values()].some(
        ({ job, sealedSecrets }) => sealedSecrets !== undefined && !isTerminalJobState(job.state),
      );
    if (sealingCheck !== undefined && sealingCheck !== check && isNeeded) throw wrongSealingKey();
    this.#store.sealingCheck = check;
  }

  #isLive(instance: Instance): boolean {
    return instance.leaseExpiresAt > this.#clock.now();
  }

  #put(instance: Instance): Instance {
    this.#store.instances.set(instance.epoch, instance);
    return instance;
  }
}
