import type { Registry } from 'prom-client';

import { REQUEST_BUCKETS, seconds } from './buckets.ts';
import { declaring } from './declaring.ts';

/** Counts requests by what they asked for: by the template of their route, never by their path. */
export class HttpMetrics {
  readonly #metrics: ReturnType<typeof declare>;

  constructor(registry: Registry) {
    this.#metrics = declare(registry);
  }

  answered(request: {
    readonly method: string;
    readonly route: string | undefined;
    readonly status: number;
    /** Absent where it says nothing about the server. */
    readonly durationMs?: number;
  }): void {
    const { status, durationMs } = request;
    const [method, route] = request.route === undefined ? ['(any)', '(none)'] : [request.method, request.route];
    this.#metrics.requests.inc({ method, route, status });
    if (durationMs !== undefined) this.#metrics.durations.observe({ method, route }, seconds(durationMs));
  }

  streamsOpen(count: number): void {
    this.#metrics.streams.set(count);
  }
}

function declare(registry: Registry) {
  const { counter, gauge, histogram } = declaring(registry);
  return {
    requests: counter(
      'hodei_http_requests_total',
      'Answered requests by method, route and status; route "(none)": nothing is there.',
      ['method', 'route', 'status'],
    ),
    durations: histogram(
      'hodei_http_request_seconds',
      'From a request to the end of its answer; streams, and requests that asked to wait, are left out.',
      REQUEST_BUCKETS,
      ['method', 'route'],
    ),
    streams: gauge('hodei_http_streams', 'Streams of logs and events that are open now.'),
  };
}
