import { setTimeout as delay } from 'node:timers/promises';

import type { Diagnostics, Telemetry } from '@hodei/application';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';

import { makeJobSpans } from './make-job-spans.ts';
import type { TraceSettings } from './trace-settings.ts';

/** Spans that wait to be sent; more are dropped. A job has about ten. */
const MOST_WAITING = 20_000;
/** How long what is left may take to be sent at the end, in milliseconds. */
const CLOSE_LIMIT_MS = 3000;

/** Traces of jobs, sent in batches. Disposing of it sends what is left. */
export interface Traces extends AsyncDisposable {
  /** Is to be told what happens. */
  readonly telemetry: Partial<Telemetry>;
}

/** Everything of OpenTelemetry's is loaded by this module alone, and this module only where traces are configured. */
export async function openTraces(params: {
  readonly settings: TraceSettings;
  readonly version: string;
  readonly instance: string;
  readonly diagnostics: Diagnostics;
  readonly closeLimitMs?: number;
}): Promise<Traces> {
  const { settings, version, instance, diagnostics, closeLimitMs = CLOSE_LIMIT_MS } = params;
  const warn = (message: string): void =>
    diagnostics.warn('traces could not be sent', { reason: message.slice(0, 500) });
  const ignore = (): void => undefined;
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.WARN });
  const exporter = await makeExporter(settings);
  const ours = resourceFromAttributes({
    'service.name': settings.serviceName,
    'service.version': version,
    'service.instance.id': instance,
  });
  const resource = ours.merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING });
  const { spans, provider } = makeJobSpans(settings, processor, { resource });
  return {
    telemetry: spans,
    [Symbol.asyncDispose]: async () => {
      const enough = new AbortController();
      const late = delay(closeLimitMs, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([provider.shutdown().catch((error: unknown) => warn(String(error))), late]);
      enough.abort();
      diag.disable();
    },
  };
}

/** One protocol's library is enough. */
async function makeExporter({ protocol, url }: TraceSettings): Promise<SpanExporter> {
  switch (protocol) {
    case 'http/protobuf': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter({ url });
    }
    case 'http/json': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
      return new OTLPTraceExporter({ url });
    }
    default:
      return protocol satisfies never;
  }
}
