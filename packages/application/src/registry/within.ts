import type { Clock } from '@hodei/domain';

/** Waits for work, but no longer than `limitMs`; then its signal aborts, and the result is `undefined`. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = new AbortController();
  const over = new AbortController();
  try {
    return await Promise.race([work(limit.signal), clock.sleep(limitMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
    limit.abort();
  }
}
