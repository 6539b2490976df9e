import { dispatchJobs, recoverAbandoned } from '@hodei/application';
import { isHodeiError } from '@hodei/domain';

import type { HttpServer } from './http/http-server.ts';
import { openControlPlane, type ControlPlane } from './open-control-plane.ts';
import type { Metrics } from './metrics/metrics.ts';
import { openObservation } from './open-observation.ts';
import type { StoreOptions } from './open-store.ts';
import type { ListenAddress } from './parse-listen.ts';
import { runLoop } from './run-loop.ts';
import { SEALING_KEY } from './tokens.ts';
import type { Settings } from './settings/parse-settings.ts';
import { tidyLoop } from './tidy-loop.ts';

/** What whoever serves may bring along. */
export interface ServeOptions extends StoreOptions {
  /** What the API says that it is. */
  readonly version?: string;
  /** Is told where the HTTP API listens. */
  readonly onListening?: (url: string) => void;
  /** Aborts where draining is to take no longer: what still runs is handed over at once. */
  readonly hurry?: AbortSignal;
}

/**
 * Answers HTTP and runs jobs, those of instances that died included, until the signal aborts. Then it drains: claims nothing
 * more, waits for what runs here, for at most `settings.drainTimeoutMs`, and hands the rest over to others.
 *
 * An instance whose lease was lost (it was paused, or the database away for too long) lets go of everything and
 * begins a new life.
 *
 * @throws HodeiError `config_invalid`, `database_unavailable` where the first life can't begin.
 */
export async function serve(settings: Settings, signal: AbortSignal, options: ServeOptions = {}): Promise<void> {
  await using observation = await openObservation(settings, options);
  await using serving = new AsyncDisposableStack();
  const { diagnostics, telemetry, metrics } = observation;
  let http: HttpServer | undefined;
  signal.addEventListener('abort', () => http?.drain(), { once: true });
  while (!signal.aborted) {
    await using plane = await openControlPlane(settings, {
      diagnostics,
      telemetry,
      keepsPools: true,
      looksAtOnce: true,
    });
    const over = new AbortController();
    try {
      if (settings.listen !== undefined) {
        http ??= serving.use(await listen(settings.listen, plane, options, metrics));
        http.begin({
          context: plane.context,
          runner: plane.runner,
          connections: plane.store.connections,
          sealingKey: plane.store.container.resolve(SEALING_KEY),
          over: AbortSignal.any([over.signal, plane.lost]),
        });
      }
      await live(plane, signal, options.hurry);
    } finally {
      over.abort();
      // Answers that need the store are given before it is closed.
      if (signal.aborted) await serving.disposeAsync();
    }
  }
}

async function listen(
  address: ListenAddress,
  plane: ControlPlane,
  options: ServeOptions,
  metrics: Metrics | undefined,
): Promise<HttpServer> {
  // Only who serves needs the framework; every other command begins faster without it.
  const { HttpServer } = await import('./http/http-server.ts');
  const { clock, diagnostics, repositories } = plane.store;
  const http = await HttpServer.listen({
    address,
    clock,
    diagnostics,
    tokens: repositories.tokens,
    version: options.version ?? 'unknown',
    ...(metrics === undefined ? {} : { metrics }),
  });
  diagnostics.info('the HTTP API listens', { url: http.url });
  options.onListening?.(http.url);
  return http;
}

async function live(plane: ControlPlane, signal: AbortSignal, hurry: AbortSignal | undefined): Promise<void> {
  const { context, runner, store, lost } = plane;
  const { diagnostics, clock, settings } = store;
  diagnostics.info('this instance runs jobs', { epoch: context.instance.epoch });
  {
    await using _dispatching = runLoop('dispatch', diagnostics, (over) => dispatchJobs(context, runner, over));
    await using _tidying = tidyLoop(context);
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
  const enough = hurry === undefined ? drained.signal : AbortSignal.any([drained.signal, hurry]);
  const late = clock.sleep(settings.drainTimeoutMs, enough).catch(() => undefined);
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
