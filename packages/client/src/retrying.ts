import { isHodeiClientError } from './hodei-client-error.ts';
import { pause } from './pause.ts';

/** How often a call is made before its failure is passed on: for 3 seconds, where the failure comes at once. */
const MAX_TRIES = 5;
/** The same for a call of who waits for something: a server that begins anew, or its database, may take 20 seconds. */
export const TRIES_OF_WHO_WAITS = 9;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Makes a call again that may be repeated, while its failure may pass. @throws what the last one threw. */
export async function retrying<T>(call: () => Promise<T>, signal?: AbortSignal, maxTries = MAX_TRIES): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries >= maxTries || !isHodeiClientError(error) || !isPassing(error)) throw error;
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries), signal);
    }
  }
}

/** A conflict may be retried as well, but only by who has read again what it is about. */
const isPassing = ({ code, status, retryable }: { code: string; status?: number; retryable: boolean }): boolean =>
  retryable && (code === 'server_unavailable' || status === undefined || status === 429 || status >= 500);
