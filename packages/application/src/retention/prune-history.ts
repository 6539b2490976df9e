import { toHodeiError, type Pruned } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** How much is deleted at once. */
const BATCH = 50;
/** Between two batches others get their turn, in milliseconds. */
const PAUSE_MS = 200;
/** How often is looked for what has become old, in milliseconds. */
const LOOK_EVERY_MS = 600_000;

type RetentionContext = Pick<JobContext, 'repositories' | 'clock' | 'diagnostics'>;

/** Deletes a small part of what is over for longer than `retentionMs`. Any instance may, at any time. */
export const pruneStep = ({ repositories, clock }: RetentionContext, retentionMs: number): Promise<Pruned> =>
  repositories.retention.prune({ before: clock.now() - retentionMs, limit: BATCH });

/**
 * Prunes, batch by batch, until the signal aborts. A store that is away is waited for.
 * @param options.firstLookAfterMs for a process that may well be over before: then it prunes one batch at its end.
 */
export async function pruneHistory(
  context: RetentionContext,
  retentionMs: number,
  signal: AbortSignal,
  options: { readonly firstLookAfterMs?: number } = {},
): Promise<void> {
  const { clock, diagnostics } = context;
  await clock.sleep(options.firstLookAfterMs ?? 0, signal).catch(() => undefined);
  do {
    let waitMs = LOOK_EVERY_MS;
    try {
      const { hasMore, jobs } = await pruneStep(context, retentionMs);
      if (jobs > 0) diagnostics.info('old jobs were deleted', { jobs });
      if (hasMore) waitMs = PAUSE_MS;
    } catch (error) {
      diagnostics.warn('old jobs could not be deleted; trying again', { error: toHodeiError(error) });
    }
    await clock.sleep(waitMs, signal).catch(() => undefined);
  } while (!signal.aborted);
}
