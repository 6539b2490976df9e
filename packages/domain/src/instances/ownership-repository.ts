import type { EpochMs } from '../clock.ts';
import type { Epoch } from './instance.ts';
import type { Job } from '../jobs/job.ts';
import type { Worker } from '../workers/worker.ts';

/** What one epoch owns and has to bring to an end. */
export interface Owned {
  /** Jobs that are `scheduled` or `running`, oldest first. */
  readonly jobs: readonly Job[];
  /** Workers that are not `terminated`, oldest first. */
  readonly workers: readonly Worker[];
}

/** Who owns what, and how it passes on when an instance dies. */
export interface OwnershipRepository {
  /**
   * Takes over what belongs to instances whose lease has run out or was released: jobs that are scheduled or
   * running, with their attempts that have no outcome, and workers that are not terminated. One transaction;
   * afterwards every write of the former owner is refused with `stale_epoch`. Concurrent calls never get the
   * same thing. What belongs to a live lease is never touched.
   *
   * @param takeover.limit at most so many jobs, and so many workers beside those of these jobs.
   * @returns what was taken over by this call, workers of the jobs included.
   * @throws HodeiError `stale_epoch` where the caller's own lease has run out.
   */
  takeOver(takeover: { readonly epoch: Epoch; readonly limit: number; readonly at: EpochMs }): Promise<Owned>;

  /** All that this epoch owns. */
  listOwned(epoch: Epoch): Promise<Owned>;
}
