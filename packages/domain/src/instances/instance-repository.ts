import type { Epoch, Instance } from './instance.ts';

/** The lives of control-plane instances, and their leases. The store's clock counts, not the instance's. */
export interface InstanceRepository {
  /** Begins a new life, with an epoch higher than any before. Makes the installation's id on first use. */
  register(registration: {
    readonly name: string;
    readonly leaseMs: number;
    readonly keepsPools?: boolean;
  }): Promise<Instance>;

  /**
   * Prolongs the lease of this life by `leaseMs` from now, in one statement.
   * @throws HodeiError `stale_epoch` where it has run out or was released: this life is over.
   */
  renew(renewal: { readonly epoch: Epoch; readonly leaseMs: number }): Promise<Instance>;

  /** Ends this life at once. Idempotent. */
  release(epoch: Epoch): Promise<void>;

  /** All instances whose lease has not run out. */
  listLive(): Promise<readonly Instance[]>;
}
