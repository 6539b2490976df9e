import { toHodeiError } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { JobContext } from '../support/job-context.ts';
import { continueOwned } from './continue-owned.ts';

/** How often abandoned work is looked for, in milliseconds: with a lease, the time until it is adopted. */
export const TAKE_OVER_EVERY_MS = 500;

/** How often what this instance owns is compared with what it does, in milliseconds. */
const RESYNC_EVERY_MS = 5000;

/** How much is taken over at once; the next round takes more. */
const TAKE_OVER_LIMIT = 100;

/** Takes over what dead instances left, and goes on with it. @returns how many jobs it took up. */
export async function takeOverStep(context: JobContext, runner: JobRunner): Promise<number> {
  const { epoch } = context.instance;
  const owned = await context.repositories.ownership.takeOver({
    epoch,
    limit: TAKE_OVER_LIMIT,
    at: context.clock.now(),
  });
  const [jobs, workers] = [owned.jobs.length, owned.workers.length];
  if (jobs + workers > 0) context.telemetry?.takenOver({ jobs, workers });
  return continueOwned(context, runner, owned);
}

/** Compares what this instance owns with what it does. */
export async function resync(context: JobContext, runner: JobRunner): Promise<void> {
  await continueOwned(context, runner, await context.repositories.ownership.listOwned(context.instance.epoch));
}

/** Takes over and resyncs, each in its time, until the signal aborts. A store that is away is waited for. */
export async function recoverAbandoned(context: JobContext, runner: JobRunner, signal: AbortSignal): Promise<void> {
  let resyncAt = context.clock.now();
  while (!signal.aborted) {
    try {
      await takeOverStep(context, runner);
      if (context.clock.now() >= resyncAt) {
        resyncAt = context.clock.now() + RESYNC_EVERY_MS;
        await resync(context, runner);
      }
    } catch (error) {
      if (signal.aborted || context.lost.aborted) return;
      context.diagnostics.warn('abandoned work could not be looked for; trying again', { error: toHodeiError(error) });
    }
    await context.clock.sleep(TAKE_OVER_EVERY_MS, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
