import type { EpochMs } from '../clock.ts';

/** What one call has deleted. */
export interface Pruned {
  readonly jobs: number;
  /** Records of the output of jobs that are to be deleted next. */
  readonly records: number;
  /** Workers without a job, events of no job, instances. */
  readonly others: number;
  /** Whether another call would find more. */
  readonly hasMore: boolean;
}

/** Forgets what is over for long enough. Nobody owns that, so any instance may. */
export interface RetentionRepository {
  /**
   * Deletes what was over before a moment, and only that: jobs that have ended, with their attempts, their output,
   * their history and their workers; workers that were terminated without a job; events that tell of no job; instances
   * whose lease had run out and that own nothing. A job whose worker is not terminated yet stays.
   *
   * One call deletes a small part, in short transactions. Calls that compete never wait for each other.
   *
   * @param prune.limit at most so many of each kind; of records of output more.
   */
  prune(prune: { readonly before: EpochMs; readonly limit: number }): Promise<Pruned>;
}
