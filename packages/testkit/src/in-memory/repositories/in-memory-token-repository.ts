import { HodeiError, type Token, type TokenRepository } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { found } from './rows.ts';

/** Tokens in an {@link InMemoryStore}. */
export class InMemoryTokenRepository implements TokenRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async insert(token: Token, secretHash: Uint8Array): Promise<Token> {
    const { id, name, createdAt: at, createdBy: by } = token;
    if (this.#store.tokens.has(id)) throw new HodeiError('conflict', `token ${id} exists already`);
    this.#store.tokens.set(id, { token: structuredClone(token), secretHash: new Uint8Array(secretHash) });
    this.#store.record({ at, kind: 'token.created', data: { id, name, by } });
    return structuredClone(token);
  }

  async find(id: string): Promise<{ readonly token: Token; readonly secretHash: Uint8Array } | undefined> {
    return structuredClone(this.#store.tokens.get(id));
  }

  async list(): Promise<readonly Token[]> {
    return [...this.#store.tokens.values()]
      .map(({ token }) => structuredClone(token))
      .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  async revoke({ id, at, by }: Parameters<TokenRepository['revoke']>[0]): Promise<Token> {
    const row = found(this.#store.tokens.get(id), 'token', id);
    if (row.token.revokedAt !== undefined) return structuredClone(row.token);
    const token = { ...row.token, revokedAt: at };
    this.#store.tokens.set(id, { ...row, token });
    this.#store.record({ at, kind: 'token.revoked', data: { id, name: token.name, by } });
    return structuredClone(token);
  }

  async hasAny(): Promise<boolean> {
    return this.#store.tokens.size > 0;
  }
}
