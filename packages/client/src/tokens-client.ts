import type { HttpTransport } from './http-transport.ts';
import type { Moment } from './job.ts';

interface Options {
  readonly signal?: AbortSignal;
}

/** What a token allows: `submit` and `operate` include `read`, `admin` includes all. */
export type TokenScope = 'read' | 'submit' | 'operate' | 'admin';

/** A token as the server knows it; its secret is nowhere. */
export interface Token {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** It reaches only the jobs of this tenant. */
  readonly tenant?: string;
  readonly createdAt: Moment;
  readonly createdBy: string;
  readonly expiresAt?: Moment;
  readonly revokedAt?: Moment;
}

/** A token to be made. */
export interface TokenInput {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly tenant?: string;
  readonly expiresAt?: Moment;
}

/** A token that was just made, with its text: told this once. */
export interface NewToken extends Token {
  readonly token: string;
}

/** Tokens. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class TokensClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** All, the oldest first, the revoked ones too. */
  async list(options: Options = {}): Promise<readonly Token[]> {
    const { items } = await this.#http.repeated<{ readonly items: readonly Token[] }>({
      path: '/v1/tokens',
      ...options,
    });
    return items;
  }

  /** Makes a token. Not tried again: one that nobody was told of would be left. */
  create(token: TokenInput, options: Options = {}): Promise<NewToken> {
    return this.#http.json<NewToken>({ method: 'POST', path: '/v1/tokens', body: token, ...options });
  }

  /** Makes it worth nothing, everywhere within 5 seconds. Idempotent. */
  revoke(id: string, options: Options = {}): Promise<Token> {
    return this.#http.repeated<Token>({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}`, ...options });
  }
}
