import type { Clock, EpochMs, Token, TokenRepository } from '@hodei/domain';

import { hashSecret, parseTokenText, sameBytes } from './token-text.ts';

/** For so long a token is known without asking the store: a revocation is heeded everywhere after that, in milliseconds. */
export const TOKEN_CACHE_MS = 5000;

/** More tokens than these are not remembered at once. */
const MOST_KEPT = 1000;

type Known = { readonly token: Token; readonly secretHash: Uint8Array; readonly until: EpochMs };

/** Tells whose a token's text is. It remembers the tokens that exist for some seconds, and nothing of those that don't. */
export class TokenAuthenticator {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  #required: { readonly value: boolean; readonly until: EpochMs } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there ever was a token: then everyone needs one. */
  async isRequired(tokens: TokenRepository): Promise<boolean> {
    const now = this.#clock.now();
    // Once there is one, there always was one.
    if (this.#required === undefined || (!this.#required.value && this.#required.until <= now))
      this.#required = { value: await tokens.hasAny(), until: now + TOKEN_CACHE_MS };
    return this.#required.value;
  }

  /** The token; absent where the text is none, or is worth nothing (any more). */
  async authenticate(tokens: TokenRepository, text: string): Promise<Token | undefined> {
    const parts = parseTokenText(text);
    if (parts === undefined) return undefined;
    const known = await this.#find(tokens, parts.id);
    // Hashed in any case, so that an id that exists takes as long as one that does not.
    const hash = await hashSecret(parts.secret);
    if (known === undefined || !sameBytes(hash, known.secretHash)) return undefined;
    const { revokedAt, expiresAt } = known.token;
    const isWorthless = revokedAt !== undefined || (expiresAt !== undefined && expiresAt <= this.#clock.now());
    return isWorthless ? undefined : known.token;
  }

  /** True where this token was found before, whatever it is worth now. */
  knows(text: string): boolean {
    const parts = parseTokenText(text);
    return parts !== undefined && this.#known.has(parts.id);
  }

  async #find(tokens: TokenRepository, id: string): Promise<Known | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(id);
    if (known !== undefined && known.until > now) return known;
    const found = await tokens.find(id);
    this.#known.delete(id);
    if (found === undefined) return undefined;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KEPT && oldest !== undefined) this.#known.delete(oldest);
    const fresh = { ...found, until: now + TOKEN_CACHE_MS };
    this.#known.set(id, fresh);
    return fresh;
  }
}
