import { toHodeiError, type WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { collectImagesStep } from './collect-images-step.ts';

type TidyContext = Pick<JobContext, 'registry' | 'repositories' | 'clock' | 'diagnostics' | 'instance' | 'policy'>;

/** How often each provider is tidied, in milliseconds. */
export const TIDY_EVERY_MS = 60_000;

/**
 * Takes away what has outlived its use on the engines, until the signal aborts. No job waits for it; several
 * instances may do it at once.
 */
export async function tidyProviders(context: TidyContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await tidyStep(context, signal);
    } catch (error) {
      if (signal.aborted) return;
      context.diagnostics.warn('providers could not be looked up to be tidied; trying again later', {
        error: toHodeiError(error),
      });
    }
    await context.clock.sleep(TIDY_EVERY_MS, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** One round over all providers that are connected. What fails for one is tried again in the next round. */
async function tidyStep(context: TidyContext, signal: AbortSignal): Promise<void> {
  const { registry, diagnostics } = context;
  for (const { config } of await registry.find()) {
    let provider: WorkerProvider;
    try {
      provider = registry.provider(config.id);
    } catch {
      // Not connected; its health says why.
      continue;
    }
    try {
      await tidyProvider(context, provider, signal);
    } catch (error) {
      if (signal.aborted) return;
      const facts = { providerId: config.id, error: toHodeiError(error) };
      diagnostics.warn('a provider could not be tidied; trying again later', facts);
    }
  }
}

async function tidyProvider(context: TidyContext, provider: WorkerProvider, signal: AbortSignal): Promise<void> {
  const { instance, diagnostics } = context;
  const pruned = (await provider.pruneSharedNetworks?.(instance.installationId, { signal })) ?? 0;
  if (pruned > 0)
    diagnostics.info('shared networks that nobody used were removed', { providerId: provider.id, pruned });
  await collectImagesStep(context, provider, signal);
}
