import { toHodeiError } from '@hodei/domain';

import type { PoolContext } from './pool-context.ts';
import type { PoolKeeper } from './pool-keeper.ts';

/** What changes within this time is looked at together, in milliseconds. */
const GATHER_MS = 10;

/** After a look that failed comes another one, in milliseconds. */
const TRY_AGAIN_MS = 1000;

/**
 * Keeps the pools whenever something changed or a while has passed, until the signal aborts; then the workers that
 * wait are destroyed. A store that is away is waited for.
 */
export async function keepPools(context: PoolContext, keeper: PoolKeeper, signal: AbortSignal): Promise<void> {
  const { idle, clock, lost, diagnostics } = context;
  const over = AbortSignal.any([signal, lost]);
  while (!over.aborted) {
    let waitMs = TRY_AGAIN_MS;
    try {
      await keeper.step();
      waitMs = Math.max(1, keeper.nextAt - clock.now());
    } catch (error) {
      if (over.aborted) break;
      diagnostics.warn('the pools could not be looked at; trying again', { error: toHodeiError(error) });
    }
    await idle.changed.nextWithin(clock, waitMs, over);
    // What took a worker has its order to send first; and what comes together is looked at once.
    await clock.sleep(GATHER_MS, over).catch(() => undefined);
  }
  await keeper.close();
}
