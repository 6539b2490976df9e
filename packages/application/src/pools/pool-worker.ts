import type { EpochMs, PoolTemplate, WorkerHandle, WorkerId, WorkerProvider } from '@hodei/domain';

/** A worker of a pool whose connection is in this process. */
export interface PoolWorker {
  readonly workerId: WorkerId;
  readonly pool: string;
  /** What it was made from; its pool may have another one by now. */
  readonly template: PoolTemplate;
  readonly provider: WorkerProvider;
  readonly handle: WorkerHandle;
  readonly expiresAt: EpochMs;
  readonly idleSince: EpochMs;
  /** Whether it can run one job after another. */
  readonly reusable: boolean;
  /** How many jobs it took. */
  readonly jobsRun: number;
  /** Whose jobs it ran, where it ran any. */
  readonly servedTenant?: { readonly name: string | undefined };
}
