import { hostname } from 'node:os';

import type { Diagnostics, Telemetry } from '@hodei/application';

import { AttemptLog } from './log-attempts.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createPinoDiagnostics } from './pino-diagnostics.ts';
import type { Settings } from './settings/parse-settings.ts';
import { tellAll } from './tell-all.ts';
import { readTraceSettings } from './traces/trace-settings.ts';

/** What watches one process that serves, over all lives of its instance. Disposing of it sends what was not sent yet. */
export interface Observation extends AsyncDisposable {
  readonly diagnostics: Diagnostics;
  readonly telemetry: Telemetry;
  /** Absent where nobody could ask for them. */
  readonly metrics?: Metrics;
}

/**
 * Opens metrics where the process listens, and traces where they are configured. The libraries of both are loaded only
 * where they are needed.
 * @throws HodeiError `config_invalid`
 */
export async function openObservation(
  settings: Settings,
  options: { readonly diagnostics?: Diagnostics; readonly version?: string },
): Promise<Observation> {
  const { version = 'unknown' } = options;
  await using opening = new AsyncDisposableStack();
  const log = options.diagnostics ?? createPinoDiagnostics(settings.logLevel);
  const metrics = settings.listen === undefined ? undefined : await makeMetrics(version);
  const diagnostics = metrics?.counted(log) ?? log;
  const listeners: Partial<Telemetry>[] = [new AttemptLog(diagnostics)];
  if (metrics !== undefined) listeners.push(metrics.telemetry);
  const traceSettings = readTraceSettings(settings.env);
  if (traceSettings !== undefined) {
    const { openTraces } = await import('./traces/open-traces.ts');
    const instance = `${hostname()}:${process.pid}`;
    const traces = opening.use(await openTraces({ settings: traceSettings, version, instance, diagnostics }));
    listeners.push(traces.telemetry);
  }
  const open = opening.move();
  return {
    diagnostics,
    telemetry: tellAll(listeners, diagnostics),
    ...(metrics === undefined ? {} : { metrics }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function makeMetrics(version: string): Promise<Metrics> {
  const { Metrics } = await import('./metrics/metrics.ts');
  return new Metrics(version);
}
