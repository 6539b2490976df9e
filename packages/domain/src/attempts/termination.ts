import type { ErrorCode } from '../errors.ts';
import { HodeiError } from '../errors.ts';
import type { JobState } from '../jobs/job-state.ts';

/**
 * Why an attempt (and with its last attempt, a job) ended.
 *
 * `endsAs` is the job's state when no retry follows. `retry`: `never`, because it would end the same way;
 * `counted`, and it uses up one of the job's attempts; `free`, because the fault was not the job's.
 */
export const TERMINATION_CAUSES = {
  /** The process ended by itself; `exitCode` says how. */
  exited: { endsAs: 'failed', retry: 'counted' },
  /** A signal from outside ended it, and the engine saw the signal. */
  signalled: { endsAs: 'failed', retry: 'counted' },
  /** The kernel killed it for memory: killed, and the engine's OOM flag is set. */
  oom_killed: { endsAs: 'failed', retry: 'counted' },
  /** It ran longer than `timeoutMs` and was stopped. */
  timed_out: { endsAs: 'timed_out', retry: 'counted' },
  /** Someone asked; `by` says who. */
  cancelled: { endsAs: 'cancelled', retry: 'never' },
  image_not_found: { endsAs: 'failed', retry: 'never' },
  image_pull_denied: { endsAs: 'failed', retry: 'never' },
  image_pull_timeout: { endsAs: 'failed', retry: 'free' },
  image_pull_failed: { endsAs: 'failed', retry: 'free' },
  /** The program the job names is not in the image. */
  command_not_found: { endsAs: 'failed', retry: 'never' },
  /** The engine refused to start it, or its beginning failed; `code` and `message` say why. */
  start_failed: { endsAs: 'failed', retry: 'never' },
  /** The worker ended before it took the order. */
  never_launched: { endsAs: 'failed', retry: 'free' },
  /** The worker vanished, and with it the exit code. */
  worker_lost: { endsAs: 'failed', retry: 'free' },
  /** A worker that had nothing to do was let go: idle for too long, too old, or its end was asked for. */
  retired: { endsAs: 'failed', retry: 'free' },
  /** No provider could be reached for too long. */
  provider_unavailable: { endsAs: 'failed', retry: 'free' },
  /** It waited for its first start longer than its `waitTimeoutMs`. */
  wait_timeout: { endsAs: 'timed_out', retry: 'never' },
  /** It asked for more than any provider allows. */
  limit_exceeded: { endsAs: 'failed', retry: 'never' },
} as const satisfies Record<string, { readonly endsAs: JobState; readonly retry: 'never' | 'counted' | 'free' }>;

/** See {@link TERMINATION_CAUSES}. */
export type TerminationCause = keyof typeof TERMINATION_CAUSES;

/** What is known about an end. Fields that are not known are absent, never guessed. */
export interface TerminationEvidence {
  readonly exitCode?: number;
  /** The signal's name, like `SIGKILL`, where the engine saw one or we sent it. */
  readonly signal?: string;
  /**
   * The engine's OOM flag. It is also set when only a child was killed and the job went on: it is evidence,
   * not the cause.
   */
  readonly oomKilled?: boolean;
  /** The code of the error that ended it. */
  readonly code?: ErrorCode;
  readonly message?: string;
  /** Who asked for a cancellation, or for the worker's end. */
  readonly by?: string;
}

/** The one terminal outcome of an attempt. */
export interface Outcome {
  readonly cause: TerminationCause;
  readonly evidence: TerminationEvidence;
}

/** True for the outcome of a job that did what it should: it exited with 0. */
export const isSuccess = (outcome: Outcome): boolean => outcome.cause === 'exited' && outcome.evidence.exitCode === 0;

/** True where the attempt uses up one of the job's attempts. */
export const isCounted = (outcome: Outcome): boolean => TERMINATION_CAUSES[outcome.cause].retry !== 'free';

/** @throws HodeiError `unknown_value` */
export function parseTerminationCause(text: string): TerminationCause {
  if (Object.hasOwn(TERMINATION_CAUSES, text)) return text as TerminationCause;
  const known = Object.keys(TERMINATION_CAUSES).join(', ');
  throw new HodeiError('unknown_value', `"${text}" is no termination cause; known are ${known}`);
}
