import type { HttpTransport } from './http-transport.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** How many jobs with one concurrency key may be in flight at once; the key `*` counts them all. */
export interface Limit {
  readonly key: string;
  readonly maxInFlight: number;
}

/** A limit, and how many jobs it counts now. */
export interface LimitView extends Limit {
  readonly inFlight: number;
}

/** Limits by concurrency key. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class LimitsClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** All, by key. */
  async list(options: Options = {}): Promise<readonly LimitView[]> {
    const { items } = await this.#http.repeated<{ readonly items: readonly LimitView[] }>({
      path: '/v1/limits',
      ...options,
    });
    return items;
  }

  put(key: string, maxInFlight: number, options: Options = {}): Promise<Limit> {
    const body = { maxInFlight };
    return this.#http.repeated<Limit>({ method: 'PUT', path: pathOf(key), body, ...options });
  }

  delete(key: string, options: Options = {}): Promise<void> {
    return this.#http.json<void>({ method: 'DELETE', path: pathOf(key), ...options });
  }
}

const pathOf = (key: string): string => `/v1/limits/${encodeURIComponent(key)}`;
