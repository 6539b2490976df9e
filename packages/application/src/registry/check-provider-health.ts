import { toHodeiError, type Clock, type ProviderHealth, type WorkerProvider } from '@hodei/domain';

import { within } from './within.ts';

/** An engine that takes longer than this to say how it is, in milliseconds, is taken not to answer. */
export const HEALTH_LIMIT_MS = 5000;

/** Asks the engine how it is. Never rejects, and always comes back: a silent engine is `unknown`. */
export async function checkProviderHealth(provider: WorkerProvider, clock: Clock): Promise<ProviderHealth> {
  const unknown = (reason: string): ProviderHealth => ({
    status: 'unknown',
    reasons: [reason],
    checkedAt: clock.now(),
  });
  try {
    const health = await within(clock, HEALTH_LIMIT_MS, (signal) => provider.checkHealth({ signal }));
    return health ?? unknown(`no answer within ${HEALTH_LIMIT_MS} ms`);
  } catch (error) {
    return unknown(toHodeiError(error).message);
  }
}
