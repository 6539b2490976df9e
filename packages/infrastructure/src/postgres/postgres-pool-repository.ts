import { sql } from 'kysely';
import { HodeiError, type Pool, type PoolRepository } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { found } from './refusal.ts';
import { toPool, type PoolRow } from './rows/pool-row.ts';
import { timestamp } from './rows/values.ts';

/** Pools in Postgres. */
export class PostgresPoolRepository implements PoolRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One statement; a second one only where it is refused. */
  async put({ pool, version, at: moment }: Parameters<PoolRepository['put']>[0]): Promise<Pool> {
    const { name, minIdle, maxIdle, maxWorkers, idleTtlMs, maxJobsPerWorker, policy } = pool;
    const at = timestamp(moment);
    const template = JSON.stringify(pool.template);
    const write =
      version === 0
        ? sql`
          INSERT INTO pools (name, template, min_idle, max_idle, max_workers, idle_ttl_ms, max_jobs_per_worker, policy, created_at, updated_at, version)
          VALUES (${name}, ${template}, ${minIdle}, ${maxIdle}, ${maxWorkers}, ${idleTtlMs}, ${maxJobsPerWorker}, ${policy}, ${at}, ${at}, 1)
          ON CONFLICT (name) DO NOTHING`
        : sql`
          UPDATE pools SET template = ${template}, min_idle = ${minIdle}, max_idle = ${maxIdle}, max_workers = ${maxWorkers},
            idle_ttl_ms = ${idleTtlMs}, max_jobs_per_worker = ${maxJobsPerWorker}, policy = ${policy}, updated_at = ${at}, version = version + 1
          WHERE name = ${name} AND version = ${version}`;
    const kind = version === 0 ? 'pool.created' : 'pool.updated';
    const { rows } = await this.#database.run((db) =>
      sql<PoolRow>`
        WITH pool AS (${write} RETURNING *), event AS (
          INSERT INTO history (at, kind, data) SELECT ${at}, ${kind}, json_build_object('pool', name) FROM pool
        )
        SELECT * FROM pool
      `.execute(db),
    );
    const [row] = rows;
    if (row !== undefined) return toPool(row);
    throw new HodeiError('conflict', `pool ${name} is not at version ${version} any more; read it again`);
  }

  async get(name: string): Promise<Pool> {
    const row = await this.#database.run((db) =>
      db.selectFrom('pools').selectAll().where('name', '=', name).executeTakeFirst(),
    );
    return toPool(found(row, 'pool', name));
  }

  async list(): Promise<readonly Pool[]> {
    const rows = await this.#database.run((db) => db.selectFrom('pools').selectAll().orderBy('name').execute());
    return rows.map(toPool);
  }

  async delete(name: string): Promise<void> {
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly name: string }>`
        WITH pool AS (DELETE FROM pools WHERE name = ${name} RETURNING name), event AS (
          INSERT INTO history (at, kind, data) SELECT now(), 'pool.deleted', json_build_object('pool', name) FROM pool
        )
        SELECT name FROM pool
      `.execute(db),
    );
    found(rows[0], 'pool', name);
  }
}
