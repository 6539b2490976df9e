import type { EpochMs } from '../clock.ts';
import type { JobId, ProviderId, WorkerId } from '../ids.ts';

/**
 * What happened, in the order in which it was recorded; written in the same transaction as what it tells.
 * `kind` is the subject and what became of it: `job.running`, `worker.terminated`, `provider.registered`.
 */
export interface HistoryEvent {
  /** Grows with each event of the installation. */
  readonly seq: number;
  readonly at: EpochMs;
  readonly kind: string;
  readonly jobId?: JobId;
  readonly workerId?: WorkerId;
  readonly providerId?: ProviderId;
  /** Facts beside, like a cause. Never a secret. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}
