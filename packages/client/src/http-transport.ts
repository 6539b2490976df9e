import { HodeiClientError, parseProblem } from './hodei-client-error.ts';
import { retrying } from './retrying.ts';

/** How to reach a server. */
export interface TransportOptions {
  /** Like `http://127.0.0.1:7433`; a path before `/v1` is kept. */
  readonly baseUrl: string;
  /** A bearer token; absent: the server must be one that asks for none. */
  readonly token?: string;
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** One request. */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under the base URL, like `/v1/jobs`. */
  readonly path: string;
  /** Query parameters; those that are `undefined` are left out, a list is given once for each of its values. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Instead of a body: one that is JSON already. */
  readonly json?: string;
  /** Statuses beside those of success whose answer is what was asked for. */
  readonly allow?: readonly number[];
  readonly signal?: AbortSignal;
}

/** Sends requests and turns every refusal into a {@link HodeiClientError}. */
export class HttpTransport {
  readonly #baseUrl: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;

  /** @throws TypeError where the base URL or the token is none. Neither is in the message: they may hold secrets. */
  constructor(options: TransportOptions) {
    this.#baseUrl = readBaseUrl(options.baseUrl);
    this.#token = readToken(options.token);
    this.#fetch = options.fetch ?? fetch;
  }

  /** The JSON of an answer; `undefined` where it has no body. @throws HodeiClientError; the signal's reason. */
  async json<T>(request: HttpRequest): Promise<T> {
    const response = await this.send(request);
    const text = await this.#receiving(request, () => response.text());
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new HodeiClientError(
        'unexpected_answer',
        `the answer to ${words(request)} is no JSON: is there a Hodei server at ${this.#baseUrl}?`,
        {
          status: response.status,
          cause,
          retryable: false,
        },
      );
    }
  }

  /** As {@link HttpTransport.json}, of a request that may be repeated: it is, while its failure may pass. */
  repeated<T>(request: HttpRequest, maxTries?: number): Promise<T> {
    return retrying(() => this.json<T>(request), request.signal, maxTries);
  }

  /** A successful answer, its body unread. @throws HodeiClientError; the signal's reason. */
  async send(request: HttpRequest): Promise<Response> {
    const { method = 'GET', body, json = body === undefined ? body : JSON.stringify(body), headers, signal } = request;
    const response = await this.#receiving(request, () =>
      this.#fetch(this.#baseUrl + request.path + queryString(request.query), {
        method,
        headers: {
          accept: 'application/json',
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: json }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    if (response.ok || request.allow?.includes(response.status)) return response;
    throw await refusal(request, response);
  }

  /** @throws HodeiClientError `server_unavailable` for whatever breaks off; the signal's reason. */
  async #receiving<T>(request: HttpRequest, receive: () => Promise<T>): Promise<T> {
    try {
      return await receive();
    } catch (cause) {
      request.signal?.throwIfAborted();
      const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      const message = `the server at ${this.#baseUrl} did not answer ${words(request)}: ${why}`;
      throw new HodeiClientError('server_unavailable', message, { cause, retryable: true });
    }
  }
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new TypeError('the base URL must be one like http://127.0.0.1:7433, without a password or a query');
  return url.href.replace(/\/+$/, '');
}

/** What no header can hold would be shown by whoever refuses it. */
function readToken(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text;
  throw new TypeError('the token must be one line of visible ASCII characters');
}

const words = ({ method = 'GET', path }: HttpRequest): string => `${method} ${path}`;

/** Statuses after which the same request may succeed. */
const RETRYABLE = new Set([408, 425, 429, 500, 502, 503, 504]);

async function refusal(request: HttpRequest, response: Response): Promise<HodeiClientError> {
  const { status } = response;
  const text = await response.text().catch(() => '');
  const problem = parseProblem(text);
  const retryable = problem?.['retryable'];
  return new HodeiClientError(
    problem?.code ?? 'unexpected_answer',
    problem?.detail ?? problem?.title ?? `the server answered ${words(request)} with status ${status}`,
    {
      status,
      ...(problem === undefined ? {} : { problem }),
      retryable: typeof retryable === 'boolean' ? retryable : RETRYABLE.has(status),
    },
  );
}

function queryString(query: HttpRequest['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)])
      parameters.append(name, one);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
