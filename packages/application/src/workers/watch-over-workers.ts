import { toHodeiError, type ProviderId, type WorkerProvider } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import { WorkerReconciler } from '../recovery/reconcile-workers.ts';
import type { JobContext } from '../support/job-context.ts';
import { Bell } from '../support/bell.ts';
import { settleWorker } from './settle-worker.ts';

/** How often each provider is asked for its workers, in milliseconds, beside what its events say. */
export const LOOK_EVERY_MS = 5000;

/** However many events there are, looks are at least so far apart, in milliseconds. */
const LOOK_APART_MS = 1000;

/**
 * Looks after the workers of this instance until the signal aborts: what each provider lists is compared with the
 * rows and recorded, every {@link LOOK_EVERY_MS} and when its events ask for it; requests for a worker's end are
 * carried out as soon as they are told. A provider that hangs holds up no other.
 *
 * @param options.firstLookAfterMs for a process that may well be over before a look would be worth it.
 */
export async function watchOverWorkers(
  context: JobContext,
  runner: JobRunner,
  signal: AbortSignal,
  options: { readonly firstLookAfterMs?: number } = {},
): Promise<void> {
  const requests = carryOutRequests(context, runner, signal);
  const watches = new Map<ProviderId, Watch>();
  await sleep(context, options.firstLookAfterMs ?? 0, signal);
  while (!signal.aborted) {
    try {
      await followProviders(context, runner, signal, watches);
    } catch (error) {
      context.diagnostics.warn('providers could not be looked up; trying again', { error: toHodeiError(error) });
    }
    await sleep(context, LOOK_EVERY_MS, signal);
  }
  await Promise.all([requests, ...[...watches.values()].map(({ done }) => done)]);
}

/** One provider that is watched. It ends with its signal. */
interface Watch {
  readonly provider: WorkerProvider;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Providers come, go, and are connected anew with other settings. */
async function followProviders(
  context: JobContext,
  runner: JobRunner,
  signal: AbortSignal,
  watches: Map<ProviderId, Watch>,
): Promise<void> {
  const known = new Map((await context.registry.find()).map(({ config }) => [config.id, config]));
  const connected = new Map<ProviderId, WorkerProvider>();
  for (const id of known.keys()) {
    try {
      connected.set(id, context.registry.provider(id));
    } catch {
      // Not connected yet; its health says why.
    }
  }
  for (const [id, { provider, stop }] of watches) {
    if (connected.get(id) === provider) continue;
    stop.abort();
    watches.delete(id);
  }
  for (const [id, provider] of connected) {
    if (watches.has(id)) continue;
    const stop = new AbortController();
    const done = watchOverProvider(context, runner, provider, AbortSignal.any([signal, stop.signal]));
    watches.set(id, { provider, stop, done });
  }
}

async function watchOverProvider(
  context: JobContext,
  runner: JobRunner,
  provider: WorkerProvider,
  signal: AbortSignal,
): Promise<void> {
  const { clock, diagnostics } = context;
  const asked = new Bell();
  const events = followEvents(context, runner, provider, asked, signal);
  const reconciler = new WorkerReconciler(context, provider);
  while (!signal.aborted) {
    try {
      const { owned, ended } = await reconciler.step(signal);
      for (const worker of owned) await settleWorker(context, runner, worker, ended.has(worker.id));
    } catch (error) {
      if (signal.aborted || context.lost.aborted) break;
      // Its workers are not seen: unreachable, after a while. Nothing else follows from it.
      diagnostics.warn('the workers of a provider could not be looked at; trying again', {
        providerId: provider.id,
        error: toHodeiError(error),
      });
    }
    await sleep(context, LOOK_APART_MS, signal);
    await asked.nextWithin(clock, LOOK_EVERY_MS - LOOK_APART_MS, signal);
  }
  await Promise.all([events, reconciler.idle()]);
}

/**
 * Jobs follow their own workers. What only events tell at once is the end of an idle one; that a stream was
 * interrupted or a worker paused asks for a look.
 */
async function followEvents(
  context: JobContext,
  runner: JobRunner,
  provider: WorkerProvider,
  asked: Bell,
  signal: AbortSignal,
): Promise<void> {
  const { instance, repositories, diagnostics } = context;
  let isFirst = true;
  try {
    for await (const event of provider.watchWorkers(instance.installationId, { signal })) {
      if (event.kind === 'changed' && event.state === 'terminated' && context.idle?.isWaiting(event.workerId)) {
        const worker = await repositories.workers.get(event.workerId);
        await settleWorker(context, runner, worker, true);
      } else if ((event.kind === 'resync' && !isFirst) || (event.kind === 'changed' && event.state === 'draining')) {
        asked.ring();
      }
      isFirst = false; // a look is made at the beginning anyway
    }
  } catch (error) {
    if (signal.aborted || context.lost.aborted) return;
    diagnostics.warn('the events of a provider are not heard any more; its list says what they would', {
      providerId: provider.id,
      error: toHodeiError(error),
    });
  }
}

async function carryOutRequests(context: JobContext, runner: JobRunner, signal: AbortSignal): Promise<void> {
  const { diagnostics, hub, instance, repositories } = context;
  using changes = hub.subscribe({ kinds: ['worker'] });
  while (!signal.aborted) {
    try {
      await changes.next(signal);
      const { workers } = await repositories.ownership.listOwned(instance.epoch);
      for (const worker of workers) if (worker.endRequest) await settleWorker(context, runner, worker);
    } catch (error) {
      if (signal.aborted || context.lost.aborted) return;
      diagnostics.warn('a request for the end of a worker waits for the next look', { error: toHodeiError(error) });
    }
  }
}

const sleep = ({ clock }: JobContext, ms: number, signal: AbortSignal): Promise<void> =>
  ms <= 0
    ? Promise.resolve()
    : clock.sleep(ms, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
