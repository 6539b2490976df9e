/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/**
 * Where time comes from, so that a whole control plane can run under a simulated clock. Nothing in domain or
 * application reads the machine's clock or sets a timer by any other way.
 */
export interface Clock {
  now(): EpochMs;
  /**
   * Resolves after `durationMs`; rejects with the signal's reason as soon as it aborts. A duration of zero or
   * less resolves on the next turn.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
