import { toHodeiError, type Clock } from '@hodei/domain';

import type { Diagnostics } from '../support/diagnostics.ts';
import type { ProviderRegistry } from './provider-registry.ts';

/** How often providers are looked at, in milliseconds, where nobody says otherwise. */
export const PROVIDER_CHECK_MS = 5000;

/**
 * Keeps the registry in step with the store and with its engines until the signal aborts: rows of other
 * processes, health, and providers that could not be connected. A store that is away is waited for.
 */
export async function watchProviders(
  context: { readonly registry: ProviderRegistry; readonly clock: Clock; readonly diagnostics: Diagnostics },
  signal: AbortSignal,
  everyMs = PROVIDER_CHECK_MS,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await context.registry.refresh();
      await context.registry.checkHealth();
    } catch (error) {
      context.diagnostics.warn('providers could not be looked at; trying again', { error: toHodeiError(error) });
    }
    await context.clock.sleep(everyMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
