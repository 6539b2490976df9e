import type { HttpTransport } from './http-transport.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** How jobs of one name wait. */
export interface Queue {
  readonly name: string;
  /** Nothing of a paused queue is started; what runs goes on. */
  readonly paused: boolean;
  /** Its share beside other queues. */
  readonly weight: number;
  /** How many of its jobs may be scheduled or running at once; absent: any number. */
  readonly maxInFlight?: number;
}

/** A queue, and how many jobs it has. */
export interface QueueView extends Queue {
  readonly pending: number;
  /** Scheduled or running. */
  readonly inFlight: number;
}

/** Queues. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class QueuesClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** All that are configured or have jobs, by name. */
  async list(options: Options = {}): Promise<readonly QueueView[]> {
    const { items } = await this.#http.repeated<{ readonly items: readonly QueueView[] }>({
      path: '/v1/queues',
      ...options,
    });
    return items;
  }

  /** Configures a queue; what is absent takes its default. */
  put(name: string, queue: Partial<Omit<Queue, 'name'>>, options: Options = {}): Promise<Queue> {
    return this.#http.repeated<Queue>({ method: 'PUT', path: pathOf(name), body: queue, ...options });
  }

  pause(name: string, options: Options = {}): Promise<Queue> {
    return this.#post(`${pathOf(name)}/pause`, options);
  }

  resume(name: string, options: Options = {}): Promise<Queue> {
    return this.#post(`${pathOf(name)}/resume`, options);
  }

  /** Forgets how it is configured; its jobs stay in it. */
  delete(name: string, options: Options = {}): Promise<void> {
    return this.#http.json<void>({ method: 'DELETE', path: pathOf(name), ...options });
  }

  #post(path: string, options: Options): Promise<Queue> {
    return this.#http.repeated<Queue>({ method: 'POST', path, ...options });
  }
}

const pathOf = (name: string): string => `/v1/queues/${encodeURIComponent(name)}`;
