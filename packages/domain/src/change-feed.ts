import type { JobId, WorkerId } from './ids.ts';

/**
 * Something changed in the store. Changes only wake up who waits; what is true is in the rows. `resync`: the
 * feed was interrupted or has just begun, look at everything.
 */
export type Change =
  /** A job was submitted, changed its state, or is to be cancelled. */
  | { readonly kind: 'job'; readonly jobId: JobId }
  /** The end of a job that has begun, or is about to, was asked for; beside `job`. */
  | { readonly kind: 'cancel'; readonly jobId: JobId }
  /** Output of a job was stored. */
  | { readonly kind: 'logs'; readonly jobId: JobId }
  /** The end of a worker was asked for. */
  | { readonly kind: 'worker'; readonly workerId: WorkerId }
  | { readonly kind: 'resync' };

/** Tells all instances of an installation about changes, usually within milliseconds. */
export interface ChangeFeed {
  /** Begins with a `resync`. Ends, without an error, when the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<Change>;
}
