import type { ProviderId } from '../ids.ts';
import type { Epoch, Instance } from './instance.ts';

/** Which engine an instance means by a provider. */
export interface EngineDeclaration {
  /** The name of the instance. */
  readonly instance: string;
  readonly engineId: string;
}

/** The lives of control-plane instances, and their leases. The store's clock counts, not the instance's. */
export interface InstanceRepository {
  /**
   * Begins a new life, with an epoch higher than any before. Makes the installation's id on first use.
   *
   * `sealingCheck` is what its sealing key is told by. The first one is the installation's; another one takes its place
   * where no other instance is alive and no job waits for secrets that were sealed with the old key.
   * @throws HodeiError `config_invalid` for another sealing key than the installation's.
   */
  register(registration: {
    readonly name: string;
    readonly leaseMs: number;
    readonly keepsPools?: boolean;
    readonly sealingCheck?: string;
  }): Promise<Instance>;

  /**
   * Prolongs the lease of this life by `leaseMs` from now, in one statement.
   * @throws HodeiError `stale_epoch` where it has run out or was released: this life is over.
   */
  renew(renewal: { readonly epoch: Epoch; readonly leaseMs: number }): Promise<Instance>;

  /** Ends this life at once. Idempotent. */
  release(epoch: Epoch): Promise<void>;

  /**
   * Says which engine this life means by a provider.
   * @returns another live instance that means another one; then this life means none.
   */
  declareEngine(declaration: {
    readonly epoch: Epoch;
    readonly providerId: ProviderId;
    readonly engineId: string;
  }): Promise<EngineDeclaration | undefined>;

  /** All instances whose lease has not run out. */
  listLive(): Promise<readonly Instance[]>;
}
