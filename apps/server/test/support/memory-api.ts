import type { App } from '../../src/http/app.ts';
import { buildApp } from '../../src/http/build-app.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../src/http/http-context.ts';
import { beginHttpLife } from '../../src/http/http-life.ts';
import { StreamSlots } from '../../src/http/stream-slots.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { startMemoryPlane, type MemoryPlane } from './memory-plane.ts';

/** The HTTP API over a control plane in memory; it listens nowhere unless it is told to. */
export interface MemoryApi extends AsyncDisposable {
  readonly app: App;
  readonly plane: MemoryPlane;
  readonly streams: StreamSlots;
  /** Ends this life of the instance. */
  end(): void;
}

export async function startMemoryApi(
  options: { readonly limits?: Partial<HttpLimits>; readonly plane?: MemoryPlane } = {},
): Promise<MemoryApi> {
  const metrics = new Metrics('1.2.3');
  const plane = options.plane ?? (await startMemoryPlane(undefined, metrics.telemetry));
  const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
  const streams = new StreamSlots(limits.maxStreams);
  const over = new AbortController();
  const life = beginHttpLife({
    context: plane.context,
    runner: plane.runner,
    sealingKey: new Uint8Array(32),
    over: over.signal,
    streams,
  });
  const app = await buildApp({
    limits,
    streams,
    metrics,
    clock: plane.context.clock,
    diagnostics: plane.context.diagnostics,
    version: '1.2.3',
    isDraining: () => false,
    life: () => life,
  });
  return {
    app,
    plane,
    streams,
    end: () => over.abort(),
    [Symbol.asyncDispose]: async () => {
      over.abort();
      app.server.closeAllConnections();
      await app.close();
      await plane[Symbol.asyncDispose]();
    },
  };
}
