import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool } from 'pg';
import type { Schema } from '../schema.ts';
import { clientConfig, statementTimeouts, type PostgresOptions } from './postgres-options.ts';
import { translatePgError } from './translate-pg-error.ts';

/** A pool of connections. All statements go through it, and so does every error. */
export class Database {
  readonly #pool: Pool;
  readonly #kysely: Kysely<Schema>;

  /** @throws HodeiError `config_invalid`. Nothing is connected yet. */
  constructor(options: PostgresOptions) {
    this.#pool = new Pool({
      ...clientConfig(options),
      ...statementTimeouts(options),
      max: options.maxConnections ?? 10,
    });
    // An idle connection that breaks is none of anybody's calls; the pool drops it and makes a new one.
    this.#pool.on('error', () => {});
    // One that breaks while it is lent out rejects the call it is at. It also emits an error, which nobody else
    // listens for and which would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  /** Carries out one statement. @throws HodeiError; see {@link translatePgError} */
  async run<Result>(statement: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    try {
      return await statement(this.#kysely);
    } catch (error) {
      throw translatePgError(error);
    }
  }

  /** Carries out several statements, all or none. @throws HodeiError; see {@link translatePgError} */
  async transaction<Result>(work: (db: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.run((db) => db.transaction().execute(work));
  }

  /**
   * Closes all connections, after what they are at; later calls are refused. By the pool: Kysely would leave
   * one that it has not used yet open.
   */
  async close(): Promise<void> {
    await this.#pool.end();
  }
}
