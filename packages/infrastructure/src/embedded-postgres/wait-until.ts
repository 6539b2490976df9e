import { setTimeout as pause } from 'node:timers/promises';

/** How often a condition is looked at that nobody tells us about, in milliseconds. */
const INTERVAL_MS = 2;

/** Until when to wait for something, and what the error is when it does not come. */
export interface Patience {
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutError: () => Error | Promise<Error>;
}

/**
 * Asks until there is an answer other than `undefined`.
 * @throws the signal's reason, or the patience's error.
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  { deadline, signal, timeoutError }: Patience,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) throw await timeoutError();
    await pause(INTERVAL_MS);
  }
}
