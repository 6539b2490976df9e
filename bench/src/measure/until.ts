import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the condition holds. Looks often where the moment itself is measured. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  { everyMs = 20, timeoutMs = 120_000 }: { readonly everyMs?: number; readonly timeoutMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`it did not happen within ${timeoutMs} ms: ${condition.toString()}`);
    await delay(everyMs);
  }
}
