import type { AddressInfo } from 'node:net';

import type { Diagnostics } from '@hodei/application';
import { HodeiError, type Clock, type TokenRepository } from '@hodei/domain';

import type { Metrics } from '../metrics/metrics.ts';
import { isLoopback, type ListenAddress } from '../parse-listen.ts';
import type { App } from './app.ts';
import { buildApp } from './build-app.ts';
import { DEFAULT_HTTP_LIMITS, type HttpContext, type HttpLimits } from './http-context.ts';
import { beginHttpLife, type HttpLife } from './http-life.ts';
import { StreamSlots } from './stream-slots.ts';

/**
 * The HTTP API of one process. It listens for as long as the process serves, over all lives of the instance:
 * between two of them it answers `unavailable`.
 */
export class HttpServer implements AsyncDisposable {
  readonly #limits: HttpLimits;
  readonly #app: App;
  readonly #state: State;
  readonly #streams: StreamSlots;

  private constructor(app: App, state: State, limits: HttpLimits, streams: StreamSlots) {
    this.#streams = streams;
    this.#app = app;
    this.#state = state;
    this.#limits = limits;
  }

  /** @throws HodeiError `config_invalid` where it can't listen there. */
  static async listen(params: {
    readonly address: ListenAddress;
    readonly clock: Clock;
    readonly tokens: TokenRepository;
    readonly diagnostics: Diagnostics;
    readonly version: string;
    readonly metrics?: Metrics;
    readonly limits?: Partial<HttpLimits>;
  }): Promise<HttpServer> {
    const { address, clock, diagnostics, version, metrics } = params;
    if (!isLoopback(address.host) && !(await params.tokens.hasAny())) {
      throw new HodeiError(
        'config_invalid',
        `HODEI_LISTEN is ${address.host}, where others can reach this server, and there is no token yet: ` +
          'make one with "hodei tokens create --scope admin NAME", or listen at 127.0.0.1',
      );
    }
    const limits = { ...DEFAULT_HTTP_LIMITS, ...params.limits };
    const streams = new StreamSlots(limits.maxStreams);
    const state: State = { life: undefined, isDraining: false };
    const http: HttpContext = {
      limits,
      clock,
      diagnostics,
      version,
      streams,
      ...(metrics === undefined ? {} : { metrics }),
      isDraining: () => state.isDraining,
      life: () => {
        if (state.life !== undefined) return state.life;
        throw new HodeiError('unavailable', 'this instance begins a new life; try again soon, or another server');
      },
    };
    const app = await buildApp(http);
    try {
      await app.listen({ host: address.host, port: address.port });
    } catch (error) {
      await app.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new HodeiError('config_invalid', `the server can't listen at ${address.host}:${address.port}: ${reason}`, {
        cause: error,
      });
    }
    return new HttpServer(app, state, limits, streams);
  }

  /** Like `http://127.0.0.1:7433`. */
  get url(): string {
    const { address, family, port } = this.#app.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Answers from this life of the instance, until another one begins or it is over. */
  begin(params: Omit<Parameters<typeof beginHttpLife>[0], 'streams'>): void {
    const life = beginHttpLife({ ...params, streams: this.#streams });
    this.#state.life = life;
    life.over.addEventListener(
      'abort',
      () => {
        if (this.#state.life === life) this.#state.life = undefined;
      },
      { once: true },
    );
  }

  /** It still answers, and says that it is not ready. */
  drain(): void {
    this.#state.isDraining = true;
  }

  /** Takes nothing new, and lets open requests end, for a while. Streams have ended with the life they were of. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => this.#app.server.closeAllConnections(), this.#limits.closeTimeoutMs);
    await this.#app.close();
    clearTimeout(late);
  }
}

interface State {
  life: HttpLife | undefined;
  isDraining: boolean;
}
