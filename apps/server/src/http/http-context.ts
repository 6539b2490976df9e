import type { Clock } from '@hodei/domain';
import type { Diagnostics } from '@hodei/application';

import type { Metrics } from '../metrics/metrics.ts';
import type { HttpLife } from './http-life.ts';
import type { StreamSlots } from './stream-slots.ts';

/** How much the server takes on. */
export interface HttpLimits {
  /** Bytes of the body of a request; a job with its stdin is the largest. */
  readonly maxBodyBytes: number;
  /** Streams (logs and events that are followed) at once. */
  readonly maxStreams: number;
  /** Sockets at once. */
  readonly maxConnections: number;
  /** How long all headers of a request may take to arrive, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** How long a whole request may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a socket may be silent while it is read from, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How often a stream without news says that it is alive, in milliseconds. */
  readonly heartbeatMs: number;
  /** How long open requests may take to end when the server ends, in milliseconds. */
  readonly closeTimeoutMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  // 16 MiB of stdin as base64, and room for the rest of the job.
  maxBodyBytes: 24 * 1024 * 1024,
  maxStreams: 2000,
  maxConnections: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  heartbeatMs: 15_000,
  closeTimeoutMs: 5000,
};

/** What the routes work with. */
export interface HttpContext {
  readonly limits: HttpLimits;
  readonly diagnostics: Diagnostics;
  readonly clock: Clock;
  readonly version: string;
  readonly streams: StreamSlots;
  /** Counts requests, and is what `/metrics` shows; absent: there is none. */
  readonly metrics?: Metrics;
  /** It finishes what it has; load balancers take it out. */
  isDraining(): boolean;
  /**
   * The life of this instance that answers now.
   * @throws HodeiError `unavailable` between two lives.
   */
  life(): HttpLife;
}
