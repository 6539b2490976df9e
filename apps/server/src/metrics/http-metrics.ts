import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import { REQUEST_BUCKETS, seconds } from './buckets.ts';

/** Counts requests by what they asked for: by the template of their route, never by their path. */
export class HttpMetrics {
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'method' | 'route'>;
  readonly #streams: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'hodei_http_requests_total',
      help: 'Answered requests by method, route and status; route "(none)": nothing is there.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'hodei_http_request_seconds',
      help: 'From a request to the end of its answer; streams, and requests that asked to wait, are left out.',
      labelNames: ['method', 'route'],
      buckets: [...REQUEST_BUCKETS],
      registers,
    });
    this.#streams = new Gauge({
      name: 'hodei_http_streams',
      help: 'Streams of logs and events that are open now.',
      registers,
    });
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
    this.#requests.inc({ method, route, status });
    if (durationMs !== undefined) this.#durations.observe({ method, route }, seconds(durationMs));
  }

  streamsOpen(count: number): void {
    this.#streams.set(count);
  }
}
