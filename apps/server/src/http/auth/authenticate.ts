import { TokenAuthenticator } from '@hodei/application';
import { allows, HodeiError, isHodeiError, type Clock, type Token, type TokenRepository } from '@hodei/domain';
import type { FastifyRequest } from 'fastify';

import { isLoopback } from '../../parse-listen.ts';
import type { Caller } from './caller.ts';
import { FailureLimit } from './failure-limit.ts';

/**
 * Finds out who asks, and whether they may. As long as there never was a token, everyone who reaches the server may
 * do everything; it listens on loopback only then. From the first token on, everyone needs one, on loopback too: a
 * proxy on the same machine asks from there for the whole world.
 */
export class Authentication {
  readonly #tokens: () => TokenRepository;
  readonly #authenticator: TokenAuthenticator;
  readonly #failures: FailureLimit;

  constructor(params: { readonly tokens: () => TokenRepository; readonly clock: Clock }) {
    this.#tokens = params.tokens;
    this.#authenticator = new TokenAuthenticator(params.clock);
    this.#failures = new FailureLimit(params.clock);
  }

  /** @throws HodeiError `unauthenticated`, `forbidden`, `rate_limited`, `unavailable`, `database_unavailable` */
  async admit(request: FastifyRequest): Promise<void> {
    const { scope, openToTenants = false } = request.routeOptions.config;
    if (scope === undefined) return;
    const caller = await this.#callerOf(request);
    if (!allows(caller.scopes, scope)) {
      throw new HodeiError('forbidden', `this takes the scope ${scope}, and the token has ${caller.scopes.join(', ')}`);
    }
    if (caller.tenant !== undefined && !openToTenants)
      throw new HodeiError('forbidden', `the token of tenant ${caller.tenant} is for its jobs only`);
    request.caller = caller;
  }

  /**
   * For callers with tokens of another kind, which whatever is called looks at; their failures count as well.
   * @throws HodeiError `unauthenticated`, `rate_limited`; whatever the call throws.
   */
  async tryOwnToken<T>(request: FastifyRequest, call: (token: string) => Promise<T>): Promise<T> {
    const token = readBearer(request);
    if (!this.#failures.mayTry(request.ip)) throw tooMany();
    try {
      return await call(token);
    } catch (error) {
      if (isHodeiError(error, 'unauthenticated')) throw this.#failed(request.ip, error);
      throw error;
    }
  }

  /** What a wrong token is answered with: the same, whatever was wrong with it. */
  #failed(address: string, error: HodeiError): HodeiError {
    const isReached = this.#failures.isReached(address);
    this.#failures.add(address);
    return isReached ? tooMany() : error;
  }

  async #callerOf(request: FastifyRequest): Promise<Caller> {
    const tokens = this.#tokens();
    if (!(await this.#authenticator.isRequired(tokens))) {
      // That there is none is remembered for seconds; who was given one of the first is already held to what it allows.
      const given = BEARER.exec(request.headers.authorization ?? '')?.[1];
      const early = given === undefined ? undefined : await this.#authenticator.authenticate(tokens, given);
      return early === undefined ? anyone(request) : callerOf(early);
    }
    const text = readBearer(request);
    const { ip } = request;
    // Behind a proxy all have one address. A token that was right before is always looked at, and one that is right gets
    // in also where others fail there.
    if (!this.#authenticator.knows(text) && !this.#failures.mayTry(ip)) throw tooMany();
    const token = await this.#authenticator.authenticate(tokens, text);
    if (token !== undefined) return callerOf(token);
    throw this.#failed(ip, new HodeiError('unauthenticated', 'the token is wrong, has expired or was revoked'));
  }
}

const tooMany = (): HodeiError =>
  new HodeiError('rate_limited', 'too many wrong tokens came from this address; try again in a minute');

const BEARER = /^Bearer +([\w-]{1,200})$/i;

/** @throws HodeiError `unauthenticated` */
function readBearer(request: FastifyRequest): string {
  const [, text] = BEARER.exec(request.headers.authorization ?? '') ?? [];
  if (text !== undefined) return text;
  throw new HodeiError('unauthenticated', 'send a token: the header "authorization: Bearer hodei_..."');
}

const callerOf = ({ id, name, scopes, tenant }: Token): Caller => ({
  by: `${name} (token ${id})`,
  keySpace: tenant === undefined ? `token ${id}` : `tenant ${tenant}`,
  scopes,
  ...(tenant === undefined ? {} : { tenant }),
});

/**
 * Without tokens. A page of another site that has its name point here (DNS rebinding), or sends a request here, is
 * refused: it names itself.
 * @throws HodeiError `forbidden`
 */
function anyone(request: FastifyRequest): Caller {
  const { origin } = request.headers;
  const names = [`http://${request.headers.host ?? ''}`, ...(origin === undefined ? [] : [origin])];
  if (names.every(isLocal)) return { by: `anyone at ${request.ip}`, keySpace: 'anyone', scopes: ['admin'] };
  throw new HodeiError(
    'forbidden',
    'without tokens, this server answers to localhost only; "hodei tokens create" makes one',
  );
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}
