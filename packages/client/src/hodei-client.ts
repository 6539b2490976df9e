import { EventsClient } from './events-client.ts';
import { HttpTransport, type TransportOptions } from './http-transport.ts';
import { JobsClient } from './jobs-client.ts';
import { LimitsClient } from './limits-client.ts';
import { PoolsClient } from './pools-client.ts';
import { ProvidersClient } from './providers-client.ts';
import { QueuesClient } from './queues-client.ts';
import { TokensClient } from './tokens-client.ts';
import { WorkersClient } from './workers-client.ts';

/** What a server says of its own state. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
}

/**
 * A client of a Hodei Jobs server.
 *
 * ```ts
 * const hodei = new HodeiClient({ baseUrl: 'http://127.0.0.1:7433' });
 * const { id } = await hodei.jobs.submit({ image: 'busybox', command: ['echo', 'hello'] });
 * for await (const { stream, bytes } of hodei.jobs.followOutput(id)) process[stream].write(bytes);
 * console.log((await hodei.jobs.wait(id)).state);
 * ```
 */
export class HodeiClient {
  readonly #http: HttpTransport;
  readonly events: EventsClient;
  readonly jobs: JobsClient;
  readonly limits: LimitsClient;
  readonly pools: PoolsClient;
  readonly providers: ProvidersClient;
  readonly queues: QueuesClient;
  readonly tokens: TokensClient;
  readonly workers: WorkersClient;

  /** Nothing is connected yet. @throws TypeError where the base URL or the token is none. */
  constructor(options: TransportOptions) {
    const http = new HttpTransport(options);
    this.#http = http;
    this.events = new EventsClient(http);
    this.jobs = new JobsClient(http);
    this.limits = new LimitsClient(http);
    this.pools = new PoolsClient(http);
    this.providers = new ProvidersClient(http);
    this.queues = new QueuesClient(http);
    this.tokens = new TokensClient(http);
    this.workers = new WorkersClient(http);
  }

  /** Whether the server answers. @throws HodeiClientError */
  health(options: { readonly signal?: AbortSignal } = {}): Promise<{ readonly version: string }> {
    return this.#http.json({ path: '/healthz', ...options });
  }

  /** Whether it can do its work, check by check. @throws HodeiClientError */
  async readiness(options: { readonly signal?: AbortSignal } = {}): Promise<Readiness> {
    return this.#http.json({ path: '/readyz', allow: [503], ...options });
  }
}
