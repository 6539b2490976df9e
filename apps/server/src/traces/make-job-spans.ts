import {
  AlwaysOnSampler,
  RandomIdGenerator,
  TracerProvider,
  type SpanProcessor,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';

import { ChosenIds } from './chosen-ids.ts';
import { JobSpans } from './job-spans.ts';
import { isSampledBy } from './sampling.ts';
import type { TraceSettings } from './trace-settings.ts';

/** What makes spans of jobs, and the provider that gives them to the processor. */
export function makeJobSpans(
  settings: TraceSettings,
  processor: SpanProcessor,
  resource: Pick<TracerProviderOptions, 'resource'> = {},
): { readonly spans: JobSpans; readonly provider: TracerProvider } {
  const ids = new ChosenIds(new RandomIdGenerator());
  const provider = new TracerProvider({
    ...resource,
    // What is not to be recorded is not made in the first place.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
  });
  return { spans: new JobSpans(provider.getTracer('hodei'), ids, isSampledBy(settings)), provider };
}
