import type { Attempt } from './attempt.ts';
import type { EpochMs } from '../clock.ts';
import type { Job } from '../jobs/job.ts';
import type { JobState } from '../jobs/job-state.ts';
import { isCounted, isSuccess, TERMINATION_CAUSES, type Outcome, type TerminationCause } from './termination.ts';

/** How often a job is tried again for faults that are not its own, before it fails with the last of them. */
export const MAX_FREE_RETRIES = 10;

/**
 * The same where an image could not be pulled. A registry that is away for longer is a matter for a person, who may
 * as well have misspelt its name and waits for an answer.
 */
const MAX_PULL_RETRIES = 3;

/** The wait before a free retry, in milliseconds; it doubles with each. */
export const FREE_RETRY_BACKOFF_MS = 500;

/** The same where an engine is away, which takes longer to pass. */
const SLOW_RETRY_BACKOFF_MS = 2000;

const SLOW_CAUSES: readonly TerminationCause[] = ['provider_unavailable'];

/** Backoff never grows beyond this many times its first value, jitter aside. */
const MAX_BACKOFF_FACTOR = 60;

/** A wait is made longer by up to this part of it, so that jobs that failed together are not tried together. */
const MOST_JITTER = 0.5;

/** What becomes of a job when an attempt has ended. */
export type Settlement =
  | { readonly state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled' | 'timed_out'> }
  | { readonly state: 'pending'; readonly notBefore: EpochMs };

/**
 * Decides whether a job has ended with this outcome or is tried again. Pure.
 *
 * @param fraction a random number from 0 to below 1, for the jitter.
 * @param earlier the job's attempts that ended before; attempts are counted from them, not from a counter.
 */
export function settleAttempt(
  job: Job,
  earlier: readonly Attempt[],
  outcome: Outcome,
  now: EpochMs,
  fraction = 0,
): Settlement {
  if (isSuccess(outcome)) return { state: 'succeeded' };
  if (job.cancelRequest !== undefined) return { state: 'cancelled' };
  const { endsAs, retry } = TERMINATION_CAUSES[outcome.cause];
  const ended = earlier.flatMap((attempt) => attempt.outcome ?? []);
  const counted = ended.filter(isCounted).length;
  const free = ended.length - counted;
  const backOff = (firstMs: number, times: number): Settlement => ({
    state: 'pending',
    notBefore: now + withJitter(firstMs * Math.min(2 ** times, MAX_BACKOFF_FACTOR), fraction),
  });
  if (retry === 'counted' && counted + 1 < job.spec.retry.maxAttempts)
    return backOff(job.spec.retry.backoffMs, counted);
  if (retry === 'free' && free < mostFreeRetries(outcome)) return backOff(freeBackoffOf(outcome), free);
  return { state: endsAs };
}

/** A wait of at least `waitMs`, and up to half as much again. @param fraction from 0 to below 1. */
export const withJitter = (waitMs: number, fraction: number): number =>
  Math.round(waitMs * (1 + MOST_JITTER * fraction));

const freeBackoffOf = ({ cause }: Outcome): number =>
  SLOW_CAUSES.includes(cause) ? SLOW_RETRY_BACKOFF_MS : FREE_RETRY_BACKOFF_MS;

const mostFreeRetries = ({ cause }: Outcome): number =>
  cause === 'image_pull_failed' || cause === 'image_pull_timeout' ? MAX_PULL_RETRIES : MAX_FREE_RETRIES;
