/** How long an answer is still waited for once its request was given up, in milliseconds. */
export const LAST_WAIT_MS = 2000;

/** Aborts a while after a signal does, with its reason: what was sent by then may be stored, and only the answer says so. */
export function aWhileAfter(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const begin = (): void => void setTimeout(() => late.abort(signal.reason), LAST_WAIT_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return late.signal;
}
