import type { HttpTransport } from './http-transport.ts';
import type { Provider, ProviderChanges, ProviderInput } from './provider.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** Providers, by id or by name. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class ProvidersClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** All, by name. */
  async list(
    query: { readonly status?: Provider['status']; readonly type?: string } = {},
    options: Options = {},
  ): Promise<readonly Provider[]> {
    const { items } = await this.#http.repeated<{ items: readonly Provider[] }>({
      path: '/v1/providers',
      query: { ...query },
      ...options,
    });
    return items;
  }

  get(idOrName: string, options: Options = {}): Promise<Provider> {
    return this.#http.repeated<Provider>({ path: pathOf(idOrName), ...options });
  }

  add(provider: ProviderInput, options: Options = {}): Promise<Provider> {
    return this.#http.json<Provider>({ method: 'POST', path: '/v1/providers', body: provider, ...options });
  }

  update(idOrName: string, changes: ProviderChanges, options: Options = {}): Promise<Provider> {
    return this.#http.json<Provider>({ method: 'PATCH', path: pathOf(idOrName), body: changes, ...options });
  }

  /** Forgets it; refused while it has workers. */
  delete(idOrName: string, options: Options = {}): Promise<void> {
    return this.#http.json<void>({ method: 'DELETE', path: pathOf(idOrName), ...options });
  }
}

const pathOf = (idOrName: string): string => `/v1/providers/${encodeURIComponent(idOrName)}`;
