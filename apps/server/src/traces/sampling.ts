import { SpanKind, type Context } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';

import type { TraceSettings } from './trace-settings.ts';

/** Says of a trace whether it is recorded: always the same of one trace, in every instance with these settings. */
export function isSampledBy(settings: TraceSettings): (traceId: string, parent: Context) => boolean {
  const sampler = makeSampler(settings);
  return (traceId, parent) =>
    sampler.shouldSample(parent, traceId, 'job', SpanKind.CONSUMER, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
}

function makeSampler({ sampler, ratio }: TraceSettings): Sampler {
  const root = makeRoot(sampler.replace('parentbased_', ''), ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function makeRoot(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'always_on' ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
}
