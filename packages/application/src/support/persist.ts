import { isHodeiError } from '@hodei/domain';

import { backoffMs } from './backoff.ts';
import type { JobContext } from './job-context.ts';

/**
 * Carries out one write, for as long as it takes: while the database is away, it waits and tries again.
 *
 * The answer of a write can get lost although the write took place; the repeated one then fails with
 * `conflict`. So before each repetition `landed` looks whether the first had arrived after all.
 *
 * @throws whatever the write throws, but for `database_unavailable`; the signal's reason when it aborts.
 */
export async function persist<T>(
  context: Pick<JobContext, 'clock' | 'diagnostics'>,
  write: () => Promise<T>,
  landed: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      const earlier = tries === 0 ? undefined : await landed();
      return earlier ?? (await write());
    } catch (error) {
      if (!isHodeiError(error, 'database_unavailable')) throw error;
      context.diagnostics.warn('the database is away; waiting to write', { tries, error });
      await context.clock.sleep(backoffMs(tries), signal);
    }
  }
}

/** As {@link persist}, of a write that answers nothing. @param hasLanded whether it took place. */
export async function persistChange(
  context: Pick<JobContext, 'clock' | 'diagnostics'>,
  write: () => Promise<void>,
  hasLanded: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const written = (): Promise<true> => write().then(() => true);
  await persist(context, written, async () => (await hasLanded()) || undefined, signal);
}
