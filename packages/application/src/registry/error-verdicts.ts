import { isHodeiError, type ErrorCode } from '@hodei/domain';

/** What an error says about the engine that it came from. */
export type Verdict = 'engine_failed' | 'engine_answered' | 'says_nothing';

/**
 * Only the engine's own faults open a breaker. Where the engine refused what a user asked for, it answered,
 * and does its work.
 */
const VERDICTS = {
  provider_unavailable: 'engine_failed',
  provider_timeout: 'engine_failed',
  authentication_failed: 'engine_failed',

  worker_not_found: 'engine_answered',
  worker_not_ready: 'engine_answered',
  image_not_found: 'engine_answered',
  image_pull_denied: 'engine_answered',
  image_pull_timeout: 'engine_answered',
  image_pull_failed: 'engine_answered',
  image_without_shell: 'engine_answered',
  network_not_found: 'engine_answered',
  command_not_found: 'engine_answered',
  start_failed: 'engine_answered',
  never_launched: 'engine_answered',

  // These may be raised without the engine having been asked.
  invalid_input: 'says_nothing',
  not_found: 'says_nothing',
  name_taken: 'says_nothing',
  conflict: 'says_nothing',
  stale_epoch: 'says_nothing',
  invalid_transition: 'says_nothing',
  unknown_value: 'says_nothing',
  idempotency_key_reused: 'says_nothing',
  unauthenticated: 'says_nothing',
  forbidden: 'says_nothing',
  rate_limited: 'says_nothing',
  unavailable: 'says_nothing',
  config_invalid: 'says_nothing',
  database_unavailable: 'says_nothing',
  unsupported: 'says_nothing',
  limit_exceeded: 'says_nothing',
  secrets_refused: 'says_nothing',
  internal: 'says_nothing',
} as const satisfies Record<ErrorCode, Verdict>;

/** What this error says about the engine; one that is no {@link HodeiError} says nothing. */
export const verdictOf = (error: unknown): Verdict => (isHodeiError(error) ? VERDICTS[error.code] : 'says_nothing');

/** True where the engine could not be reached or did not answer: the same configuration may work later. */
export const isEngineAway = (error: unknown): boolean =>
  isHodeiError(error, 'provider_unavailable', 'provider_timeout');
