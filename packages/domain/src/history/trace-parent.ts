import type { JobSpec } from '../jobs/job.ts';

/** Where in whose trace something happens (W3C Trace Context). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span that asked for it. */
  readonly spanId: string;
  /** Whether who asked records its part. */
  readonly sampled: boolean;
}

/** Later versions may have more behind it, which says nothing to us. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const LENGTH = 55;

/** Reads the header `traceparent`; nothing where it is none: the specification asks to go on without it then. */
export function parseTraceParent(text: string): TraceParent | undefined {
  const [, traceId, spanId, flags = ''] = TRACE_PARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (text.startsWith('00') && text.length !== LENGTH) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The same as a header of the first version. */
export const formatTraceParent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** The caller's trace that a job belongs to, where it came with one. */
export const traceParentOf = ({ traceparent }: Pick<JobSpec, 'traceparent'>): TraceParent | undefined =>
  traceparent === undefined ? undefined : parseTraceParent(traceparent);
