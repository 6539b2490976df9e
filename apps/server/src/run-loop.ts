import type { Diagnostics } from '@hodei/application';

/**
 * Runs a background loop until it is disposed of, which waits for its end. A loop that fails is reported once.
 * @param onFailure is told as well.
 */
export function runLoop(
  name: string,
  diagnostics: Diagnostics,
  loop: (signal: AbortSignal) => Promise<void>,
  onFailure: (error: unknown) => void = () => undefined,
): AsyncDisposable {
  const over = new AbortController();
  const ended = loop(over.signal).catch((error: unknown) => {
    if (over.signal.aborted) return;
    diagnostics.error('a background loop has failed', { loop: name, error });
    onFailure(error);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await ended;
    },
  };
}
