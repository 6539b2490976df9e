import type { HttpTransport } from './http-transport.ts';
import type { Page, PageQuery } from './job.ts';
import type { Worker, WorkerState } from './worker.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** Which workers to list. */
export interface WorkerQuery extends PageQuery {
  readonly states?: readonly WorkerState[];
  readonly providerId?: string;
}

/** Workers. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class WorkersClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** One page, the newest first. */
  list(query: WorkerQuery = {}, options: Options = {}): Promise<Page<Worker>> {
    const { states, ...rest } = query;
    return this.#http.repeated<Page<Worker>>({
      path: '/v1/workers',
      query: { ...rest, ...(states ? { state: states } : {}) },
      ...options,
    });
  }

  get(workerId: string, options: Options = {}): Promise<Worker> {
    return this.#http.repeated<Worker>({ path: pathOf(workerId), ...options });
  }

  /** Lets it finish what it has; it takes nothing new and is destroyed then. Idempotent. */
  drain(workerId: string, options: Options = {}): Promise<Worker> {
    return this.#http.repeated<Worker>({ method: 'POST', path: `${pathOf(workerId)}/drain`, ...options });
  }

  /** Ends it, with what runs in it. Idempotent. */
  destroy(workerId: string, options: Options = {}): Promise<Worker> {
    return this.#http.repeated<Worker>({ method: 'DELETE', path: pathOf(workerId), ...options });
  }
}

const pathOf = (workerId: string): string => `/v1/workers/${encodeURIComponent(workerId)}`;
