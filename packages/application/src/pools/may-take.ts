import type { EpochMs, JobSpec, WorkerProvider } from '@hodei/domain';

import type { PoolWorker } from './pool-worker.ts';

/** A job that looks for a worker. */
export interface Taker {
  readonly spec: JobSpec;
  /** Whether a worker's provider may take this job now. */
  readonly admits: (provider: WorkerProvider) => boolean;
}

/** Whether a worker may take a job that fits its template. */
export function mayTake(
  { expiresAt, reusable, servedTenant, provider, handle }: PoolWorker,
  { spec, admits }: Taker,
  now: EpochMs,
): boolean {
  return (
    expiresAt > now &&
    // What a job reads on stdin ends with it, and a reusable worker needs its own to stay open.
    !(reusable && spec.stdin !== undefined) &&
    (servedTenant === undefined || servedTenant.name === spec.tenant) &&
    provider.isWaiting(handle) &&
    admits(provider)
  );
}
