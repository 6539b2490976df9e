import type { JobId, WorkerId } from '../ids.ts';
import type { JobState } from '../jobs/job-state.ts';

/**
 * Something changed in the store. Changes only wake up who waits; what is true is in the rows. `resync`: the
 * feed was interrupted or has just begun, look at everything.
 */
export type Change =
  /**
   * A job was submitted, changed its state, or is to be cancelled. Its state is told where that is known for sure, so
   * that who waits for another one need not look.
   */
  | { readonly kind: 'job'; readonly jobId: JobId; readonly state?: JobState }
  /** Instead of `job`: one was submitted that is not due for `DEFERRED_MS`, so that nobody need look for work. */
  | { readonly kind: 'deferred'; readonly jobId: JobId }
  /** The end of a job that has begun, or is about to, was asked for; beside `job`. */
  | { readonly kind: 'cancel'; readonly jobId: JobId }
  /** Output of a job was stored. */
  | { readonly kind: 'logs'; readonly jobId: JobId }
  /** The end of a worker was asked for. */
  | { readonly kind: 'worker'; readonly workerId: WorkerId }
  | { readonly kind: 'resync' };

/** Two changes of one job that nobody has read yet, as one. */
export const joinChanges = (earlier: Change | undefined, later: Change): Change =>
  earlier?.kind === 'job' && later.kind === 'job' && earlier.state !== later.state
    ? { kind: 'job', jobId: later.jobId }
    : later;

/** Tells all instances of an installation about changes, usually within milliseconds. */
export interface ChangeFeed {
  /** All that is known at once, never nothing. Begins with a `resync`. Ends, without an error, when the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<readonly Change[]>;
}
