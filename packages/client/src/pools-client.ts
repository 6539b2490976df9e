import type { HttpTransport } from './http-transport.ts';
import type { Moment, Requirements, Resources } from './job.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** What the workers of one pool have in common. */
export interface PoolTemplate {
  readonly image: string;
  readonly resources: Resources;
  readonly network: string;
  readonly architecture?: string;
  /** Only jobs that carry all of these labels fit. */
  readonly labels: Readonly<Record<string, string>>;
  /** The name of the only provider that may make its workers. */
  readonly provider?: string;
  readonly requirements?: Requirements;
  /** Only jobs of this tenant fit. */
  readonly tenant?: string;
  /** Its workers share one empty network namespace. */
  readonly shareNetwork?: boolean;
}

/** Workers that are kept ready in advance. */
export interface Pool {
  readonly name: string;
  readonly template: PoolTemplate;
  readonly minIdle: number;
  readonly maxIdle: number;
  readonly maxWorkers: number;
  readonly idleTtlMs: number;
  /** 1: each job gets a worker of its own. */
  readonly maxJobsPerWorker: number;
  readonly policy: 'fixed' | 'auto';
  readonly createdAt: Moment;
  readonly updatedAt: Moment;
  readonly version: number;
}

/** A pool, and how its workers are now, over all instances. */
export interface PoolView extends Pool {
  readonly idle: number;
  readonly busy: number;
  /** Those that are being made, or ended. */
  readonly other: number;
}

/** What is to be set of a pool; the rest has defaults. */
export type PoolInput = { readonly template: Pick<PoolTemplate, 'image'> & Partial<PoolTemplate> } & Partial<
  Omit<Pool, 'name' | 'template' | 'createdAt' | 'updatedAt' | 'version'>
>;

/** Pools. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class PoolsClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** All, by name. */
  async list(options: Options = {}): Promise<readonly PoolView[]> {
    const { items } = await this.#http.repeated<{ readonly items: readonly PoolView[] }>({
      path: '/v1/pools',
      ...options,
    });
    return items;
  }

  /** Makes or changes a pool. */
  put(name: string, pool: PoolInput, options: Options = {}): Promise<Pool> {
    return this.#http.json<Pool>({ method: 'PUT', path: pathOf(name), body: pool, ...options });
  }

  /** Forgets a pool; its idle workers are destroyed, those that run a job end with it. */
  delete(name: string, options: Options = {}): Promise<void> {
    return this.#http.json<void>({ method: 'DELETE', path: pathOf(name), ...options });
  }
}

const pathOf = (name: string): string => `/v1/pools/${encodeURIComponent(name)}`;
