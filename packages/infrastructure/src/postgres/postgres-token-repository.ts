import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { HodeiError, parseTokenScope, type Token, type TokenRepository } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { found } from './refusal.ts';
import { optional, plainBytes, timestamp } from './rows/values.ts';
import type { Schema } from './schema.ts';

type TokenRow = Selectable<Schema['tokens']>;

/** Tokens in Postgres. */
export class PostgresTokenRepository implements TokenRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(token: Token, secretHash: Uint8Array): Promise<Token> {
    const { id, name, scopes, tenant = null, createdBy, expiresAt } = token;
    const at = timestamp(token.createdAt);
    const facts = JSON.stringify({ id, name, by: createdBy });
    const { rows } = await this.#database.run((db) =>
      sql<TokenRow>`
        WITH token AS (
          INSERT INTO tokens (id, name, secret_hash, scopes, tenant, created_at, created_by, expires_at)
          VALUES (${id}, ${name}, ${secretHash}, ${scopes}, ${tenant}, ${at}, ${createdBy},
                  ${expiresAt === undefined ? null : timestamp(expiresAt)})
          ON CONFLICT (id) DO NOTHING
          RETURNING *
        ), event AS (
          INSERT INTO history (at, kind, data) SELECT ${at}, 'token.created', ${facts}::json FROM token
        )
        SELECT * FROM token
      `.execute(db),
    );
    const [row] = rows;
    if (row === undefined) throw new HodeiError('conflict', `token ${id} exists already`);
    return toToken(row);
  }

  async find(id: string): Promise<{ readonly token: Token; readonly secretHash: Uint8Array } | undefined> {
    const row = await this.#database.run((db) =>
      db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row === undefined ? undefined : { token: toToken(row), secretHash: plainBytes(row.secret_hash) };
  }

  async list(): Promise<readonly Token[]> {
    const rows = await this.#database.run((db) =>
      db.selectFrom('tokens').selectAll().orderBy('created_at').orderBy('id').execute(),
    );
    return rows.map(toToken);
  }

  async revoke({ id, at, by }: Parameters<TokenRepository['revoke']>[0]): Promise<Token> {
    await this.#database.run((db) =>
      sql`
        WITH token AS (
          UPDATE tokens SET revoked_at = ${timestamp(at)} WHERE id = ${id} AND revoked_at IS NULL RETURNING name
        )
        INSERT INTO history (at, kind, data)
        SELECT ${timestamp(at)}, 'token.revoked', json_build_object('id', ${id}::text, 'name', name, 'by', ${by}::text) FROM token
      `.execute(db),
    );
    const row = await this.#database.run((db) =>
      db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return toToken(found(row, 'token', id));
  }

  async hasAny(): Promise<boolean> {
    const row = await this.#database.run((db) => db.selectFrom('tokens').select('id').limit(1).executeTakeFirst());
    return row !== undefined;
  }
}

function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.map(parseTokenScope),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...optional('tenant', row.tenant),
    ...optional('expiresAt', row.expires_at),
    ...optional('revokedAt', row.revoked_at),
  };
}
