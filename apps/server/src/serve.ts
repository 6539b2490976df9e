import { dispatchJobs, recoverAbandoned } from '@hodei/application';
import { isHodeiError } from '@hodei/domain';

import { openControlPlane, type ControlPlane } from './open-control-plane.ts';
import type { StoreOptions } from './open-store.ts';
import { runLoop } from './run-loop.ts';
import type { Settings } from './settings.ts';

/**
 * Runs jobs, those of instances that died included, until the signal aborts. Then it drains: claims nothing
 * more, waits for what runs here, for at most `settings.drainTimeoutMs`, and hands the rest over to others.
 *
 * An instance whose lease was lost (it was paused, or the database away for too long) lets go of everything and
 * begins a new life.
 *
 * @throws HodeiError `config_invalid`, `database_unavailable` where the first life can't begin.
 */
export async function serve(settings: Settings, signal: AbortSignal, options: StoreOptions = {}): Promise<void> {
  while (!signal.aborted) {
    await using plane = await openControlPlane(settings, { ...options, keepsPools: true });
    await live(plane, signal);
  }
}

async function live(plane: ControlPlane, signal: AbortSignal): Promise<void> {
  const { context, runner, store, lost } = plane;
  const { diagnostics, clock, settings } = store;
  diagnostics.info('this instance runs jobs', { epoch: context.instance.epoch });
  {
    await using _dispatching = runLoop('dispatch', diagnostics, (over) => dispatchJobs(context, runner, over));
    await using _keeping = runLoop('pools', diagnostics, (over) => plane.keepPools(over));
    await using _recovering = runLoop('recovery', diagnostics, (over) => recoverAbandoned(context, runner, over));
    await aborted(AbortSignal.any([signal, lost]));
  }
  if (lost.aborted) {
    if (!isHodeiError(lost.reason, 'stale_epoch')) throw lost.reason;
    diagnostics.warn('the lease was lost; this instance begins a new life', { epoch: context.instance.epoch });
    return;
  }
  diagnostics.info('draining', { jobs: runner.activeCount, drainTimeoutMs: settings.drainTimeoutMs });
  const drained = new AbortController();
  const late = clock.sleep(settings.drainTimeoutMs, drained.signal).catch(() => undefined);
  await Promise.race([runner.idle(), late]);
  drained.abort();
  if (runner.activeCount > 0) plane.handOver();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
