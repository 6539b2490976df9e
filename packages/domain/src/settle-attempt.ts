import type { Attempt } from './attempt.ts';
import type { EpochMs } from './clock.ts';
import type { Job } from './job.ts';
import type { JobState } from './job-state.ts';
import { isCounted, isSuccess, TERMINATION_CAUSES, type Outcome } from './termination.ts';

/** How often a job is tried again for faults that are not its own, before it fails with the last of them. */
export const MAX_FREE_RETRIES = 10;

/**
 * The same where an image could not be pulled. A registry that is away for longer is a matter for a person, who may
 * as well have misspelt its name and waits for an answer.
 */
const MAX_PULL_RETRIES = 3;

/** The wait before a free retry, in milliseconds; it doubles with each. */
export const FREE_RETRY_BACKOFF_MS = 500;

/** Backoff never grows beyond this many times its first value. */
const MAX_BACKOFF_FACTOR = 60;

/** What becomes of a job when an attempt has ended. */
export type Settlement =
  | { readonly state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled' | 'timed_out'> }
  | { readonly state: 'pending'; readonly notBefore: EpochMs };

/**
 * Decides whether a job has ended with this outcome or is tried again. Pure.
 *
 * @param earlier the job's attempts that ended before; attempts are counted from them, not from a counter.
 */
export function settleAttempt(job: Job, earlier: readonly Attempt[], outcome: Outcome, now: EpochMs): Settlement {
  if (isSuccess(outcome)) return { state: 'succeeded' };
  if (job.cancelRequest !== undefined) return { state: 'cancelled' };
  const { endsAs, retry } = TERMINATION_CAUSES[outcome.cause];
  const ended = earlier.flatMap((attempt) => attempt.outcome ?? []);
  const counted = ended.filter(isCounted).length;
  const free = ended.length - counted;
  const backOff = (firstMs: number, times: number): Settlement => ({
    state: 'pending',
    notBefore: now + Math.round(firstMs * Math.min(2 ** times, MAX_BACKOFF_FACTOR)),
  });
  if (retry === 'counted' && counted + 1 < job.spec.retry.maxAttempts)
    return backOff(job.spec.retry.backoffMs, counted);
  if (retry === 'free' && free < mostFreeRetries(outcome)) return backOff(FREE_RETRY_BACKOFF_MS, free);
  return { state: endsAs };
}

const mostFreeRetries = ({ cause }: Outcome): number =>
  cause === 'image_pull_failed' || cause === 'image_pull_timeout' ? MAX_PULL_RETRIES : MAX_FREE_RETRIES;
