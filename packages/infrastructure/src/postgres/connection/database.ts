import { Kysely, PostgresDialect, type RawBuilder, type Transaction } from 'kysely';
import { Pool, type PoolConfig, type QueryConfig } from 'pg';
import type { Schema } from '../schema.ts';
import { clientConfig, statementTimeouts, type PostgresOptions } from './postgres-options.ts';
import { Turns } from './turns.ts';
import { translatePgError } from './translate-pg-error.ts';

/** So many different texts are kept prepared, on each connection. */
const MOST_NAMES = 64;

/** How busy a pool of connections is. */
export interface ConnectionCounts {
  readonly pool: string;
  readonly open: number;
  /** Of the open ones. */
  readonly idle: number;
  /** How many may be open. */
  readonly most: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
}

/** How many connections the prepared statements have for themselves. */
const HOT_CONNECTIONS = 4;
/**
 * How many of them carry out batches at once: with fewer, more calls share a statement, and claims and look-ups need not wait
 * for one. Two keep the server busy while we read an answer.
 */
const BATCHES_AT_ONCE = 2;
/** `cached plan must not change result type`, among others (PostgreSQL manual, appendix A). */
const PLAN_IS_OUTDATED = '0A000';
/**
 * A prepared statement keeps the plan that it got while its tables were small, when reading them whole was cheapest.
 * All of them find their rows by key; so nothing else is planned for them.
 */
const HOT_SETTINGS =
  '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** A pool of connections. All statements go through it, and so does every error. */
export class Database {
  readonly #pool: Pool;
  readonly #hot: Pool;
  readonly #kysely: Kysely<Schema>;
  readonly #names = new Map<string, string>();
  /** Of batches on the connections for prepared statements: who has many calls for one waits for one first, and collects meanwhile. */
  readonly turns: Turns;

  /** @throws HodeiError `config_invalid`. Nothing is connected yet. */
  constructor(options: PostgresOptions) {
    const { maxConnections = 10 } = options;
    const hot = Math.min(HOT_CONNECTIONS, Math.max(1, Math.floor(maxConnections / 2)));
    this.#pool = openPool({
      ...clientConfig(options),
      ...statementTimeouts(options),
      max: Math.max(1, maxConnections - hot),
    });
    this.#hot = openPool({ ...clientConfig(options), ...statementTimeouts(options), max: hot, options: HOT_SETTINGS });
    this.turns = new Turns(Math.min(BATCHES_AT_ONCE, hot));
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

  /**
   * Carries out a statement whose text never changes, on a connection that keeps it prepared.
   * @param name of the text: no two texts may have the same.
   * @throws HodeiError; see {@link translatePgError}
   */
  async runPrepared<Row extends object>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    try {
      return await this.#queryHot<Row>({ name, text, values: [...values] });
    } catch (error) {
      // A newer version has changed a table meanwhile: what was prepared is of no use, the text still is.
      if ((error as { readonly code?: unknown }).code !== PLAN_IS_OUTDATED) throw translatePgError(error);
    }
    try {
      return await this.#queryHot<Row>({ text, values: [...values] });
    } catch (error) {
      throw translatePgError(error);
    }
  }

  /**
   * Carries out a statement on a connection that keeps it prepared: for one that is built of the same parts again and
   * again, where planning it would take longer than carrying it out. Of too many different texts, the later ones are
   * planned each time.
   * @throws HodeiError; see {@link translatePgError}
   */
  async runOften<Row extends object>(statement: RawBuilder<Row>): Promise<readonly Row[]> {
    const { sql: text, parameters } = statement.compile(this.#kysely);
    return this.runOftenText<Row>(text, parameters);
  }

  /** As {@link Database.runOften}. */
  async runOftenText<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const name = this.#nameOf(text);
    if (name !== undefined) return this.runPrepared<Row>(name, text, values);
    return this.run(async () => (await this.#pool.query<Row>(text, [...values])).rows);
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMES) return known;
    const name = `often-${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }

  async #queryHot<Row extends object>(query: QueryConfig): Promise<readonly Row[]> {
    return (await this.#hot.query<Row>(query)).rows;
  }

  /** Carries out several statements, all or none. @throws HodeiError; see {@link translatePgError} */
  async transaction<Result>(work: (db: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.run((db) => db.transaction().execute(work));
  }

  /** How busy the connections are now: those of prepared statements, and the others. */
  connections(): readonly ConnectionCounts[] {
    return [countsOf('general', this.#pool), countsOf('prepared', this.#hot)];
  }

  /**
   * Closes all connections, after what they are at; later calls are refused. By the pool: Kysely would leave
   * one that it has not used yet open.
   */
  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#hot.end()]);
  }
}

const countsOf = (pool: string, { totalCount, idleCount, waitingCount, options }: Pool): ConnectionCounts => ({
  pool,
  open: totalCount,
  idle: idleCount,
  most: options.max,
  waiting: waitingCount,
});

function openPool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  // An idle connection that breaks is none of anybody's calls; the pool drops it and makes a new one.
  pool.on('error', () => {});
  // One that breaks while it is lent out rejects the call it is at. It also emits an error, which nobody else
  // listens for and which would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
