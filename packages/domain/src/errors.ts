/**
 * Every error this system raises on purpose has one of these codes. `retryable` says whether the same
 * call may succeed later without anyone changing anything.
 */
export const ERROR_CODES = {
  /** A value of the caller's is wrong; the message names it and says what would be right. */
  invalid_input: { retryable: false },
  /** Nothing has this id or name. */
  not_found: { retryable: false },
  /** The name belongs to another one already. */
  name_taken: { retryable: false },
  /** Compare-and-set refused: the row is no longer as the caller last saw it. Read again, decide again. */
  conflict: { retryable: true },
  /** The writer's fencing epoch is not the owner's: somebody else owns this now. */
  stale_epoch: { retryable: false },
  /** The state machine has no such transition. */
  invalid_transition: { retryable: false },
  /** A stored or reported value is none that this version knows. Never guessed at. */
  unknown_value: { retryable: false },
  /** The idempotency key was used before, for something else. */
  idempotency_key_reused: { retryable: false },
  /** Who asks is not known: a token is missing, wrong, expired or revoked. */
  unauthenticated: { retryable: false },
  /** Who asks may not do this. */
  forbidden: { retryable: false },
  /** Too much was asked in too short a time; later it is answered. */
  rate_limited: { retryable: true },
  /** This instance can't answer now (it begins, ends, or has too much to do). Another one may. */
  unavailable: { retryable: true },
  /** A setting of the process is malformed or missing. */
  config_invalid: { retryable: false },
  /** The database can't be reached or broke off. */
  database_unavailable: { retryable: true },

  /** The provider's engine can't be reached. */
  provider_unavailable: { retryable: true },
  /** The engine was reached, but did not answer in time. */
  provider_timeout: { retryable: true },
  /** The engine refused our credentials. */
  authentication_failed: { retryable: false },
  /** The provider does not do this, and its capabilities say so. */
  unsupported: { retryable: false },
  /** More (or less) than the provider or one of our bounds allows. */
  limit_exceeded: { retryable: false },
  /** The engine has no such worker, or has it no longer. */
  worker_not_found: { retryable: false },
  /** The worker is not in a state in which it can take an order. */
  worker_not_ready: { retryable: false },
  /** The image exists nowhere the engine looked. */
  image_not_found: { retryable: false },
  /** The registry refused the image. */
  image_pull_denied: { retryable: false },
  /** A pull made no progress for longer than allowed. */
  image_pull_timeout: { retryable: true },
  /** A pull broke off for another reason (registry unreachable, disk full). */
  image_pull_failed: { retryable: true },
  /** The image has no `/bin/sh`, which this job needs. */
  image_without_shell: { retryable: false },
  /** The named network does not exist on the engine. */
  network_not_found: { retryable: false },
  /** The program the job names is not in the image. */
  command_not_found: { retryable: false },
  /** The engine could not start the worker, or the worker could not begin the job. */
  start_failed: { retryable: false },
  /** The worker ended before the job began: it is safe to run the job elsewhere. */
  never_launched: { retryable: true },
  /** The job's secrets would have to travel in the open here. */
  secrets_refused: { retryable: false },
  /** A defect of ours, or an answer that no rule covers. */
  internal: { retryable: false },
} as const satisfies Record<string, { readonly retryable: boolean }>;

/** See {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** More facts about an error, for a program to read. Never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

const BRAND = Symbol.for('hodei.error');

/**
 * The one error class. Callers tell errors apart by {@link HodeiError.code}; an adapter translates what its
 * library throws exactly once and keeps it as `cause`.
 */
export class HodeiError extends Error {
  override readonly name = 'HodeiError';
  readonly code: ErrorCode;
  /** True where the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  readonly details: ErrorDetails;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.details = options.details ?? {};
  }
}

/**
 * True for a {@link HodeiError}, also for one of another copy of this package (two versions in one
 * `node_modules`), optionally of one of the given codes.
 */
export function isHodeiError(error: unknown, ...codes: readonly ErrorCode[]): error is HodeiError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || codes.includes((error as HodeiError).code);
}

/** The error as it is, or wrapped as `internal` with the original as its cause. */
export function toHodeiError(error: unknown): HodeiError {
  if (isHodeiError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HodeiError('internal', message, { cause: error });
}
