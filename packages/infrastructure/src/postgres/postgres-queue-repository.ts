import { sql, type RawBuilder } from 'kysely';
import {
  EVERY_JOB,
  unconfiguredQueue,
  type EpochMs,
  type InFlight,
  type KeyLimit,
  type KeyLimitView,
  type Queue,
  type QueueRepository,
  type QueueView,
} from '@hodei/domain';
import { announceResync } from './announce.ts';
import type { Database } from './connection/database.ts';
import { notFound } from './refusal.ts';
import { toQueue, type QueueRow } from './rows/queue-row.ts';
import { timestamp } from './rows/values.ts';

/** Queues and limits in Postgres. */
export class PostgresQueueRepository implements QueueRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put(queue: Queue, at: EpochMs): Promise<Queue> {
    const { name, paused, weight, maxInFlight = null } = queue;
    return this.#write(
      at,
      'queue.changed',
      { paused, weight, maxInFlight },
      sql`
      INSERT INTO queues (name, paused, weight, max_in_flight) VALUES (${name}, ${paused}, ${weight}, ${maxInFlight})
      ON CONFLICT (name) DO UPDATE SET
        paused = excluded.paused, weight = excluded.weight, max_in_flight = excluded.max_in_flight
      RETURNING *
    `,
    );
  }

  setPaused({ name, paused, at }: Parameters<QueueRepository['setPaused']>[0]): Promise<Queue> {
    return this.#write(
      at,
      paused ? 'queue.paused' : 'queue.resumed',
      {},
      sql`
      INSERT INTO queues (name, paused, weight) VALUES (${name}, ${paused}, ${unconfiguredQueue(name).weight})
      ON CONFLICT (name) DO UPDATE SET paused = excluded.paused
      RETURNING *
    `,
    );
  }

  async get(name: string): Promise<Queue> {
    const row = await this.#database.run((db) =>
      db.selectFrom('queues').selectAll().where('name', '=', name).executeTakeFirst(),
    );
    return row === undefined ? unconfiguredQueue(name) : toQueue(row);
  }

  async list(): Promise<readonly QueueView[]> {
    const { rows } = await this.#database.run((db) =>
      sql<QueueRow & { readonly pending: number; readonly in_flight: number }>`
        SELECT coalesce(name, queue) AS name, coalesce(paused, false) AS paused, coalesce(weight, 1) AS weight, max_in_flight,
               coalesce(pending, 0) AS pending, coalesce(in_flight, 0) AS in_flight
        FROM queues FULL JOIN (
          SELECT queue, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE epoch IS NOT NULL) AS in_flight
          FROM jobs WHERE finished_at IS NULL GROUP BY queue
        ) AS counted ON queue = name
        ORDER BY 1
      `.execute(db),
    );
    return rows.map((row) => ({ ...toQueue(row), pending: row.pending, inFlight: row.in_flight }));
  }

  async delete(name: string, at: EpochMs): Promise<void> {
    const { rows } = await this.#database.run((db) =>
      sql`
        WITH gone AS (
          DELETE FROM queues WHERE name = ${name} RETURNING name
        ), event AS (
          INSERT INTO history (at, kind, data) SELECT ${timestamp(at)}, 'queue.forgotten', json_build_object('name', name) FROM gone
        )
        SELECT ${announceResync()} FROM gone
      `.execute(db),
    );
    if (rows.length === 0) throw notFound('configured queue', name);
  }

  /**
   * Jobs that wait under the key are marked in the same transaction. Nobody may store one meanwhile that has not
   * seen the limit: so writers of jobs are kept off, for as long as it takes to look through what is pending.
   */
  async putLimit({ key, maxInFlight }: KeyLimit, at: EpochMs): Promise<KeyLimit> {
    const facts = JSON.stringify({ key, maxInFlight });
    await this.#database.transaction(async (db) => {
      await sql`
        INSERT INTO key_limits (key, max_in_flight) VALUES (${key}, ${maxInFlight})
        ON CONFLICT (key) DO UPDATE SET max_in_flight = excluded.max_in_flight
      `.execute(db);
      if (key !== EVERY_JOB) {
        await sql`LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE`.execute(db);
        await sql`
          UPDATE jobs SET held = true WHERE concurrency_key = ${key} AND finished_at IS NULL AND NOT held
        `.execute(db);
      }
      await sql`
        WITH event AS (
          INSERT INTO history (at, kind, data) VALUES (${timestamp(at)}, 'limit.changed', ${facts}::json)
        )
        SELECT ${announceResync()}
      `.execute(db);
    });
    return { key, maxInFlight };
  }

  async listLimits(): Promise<readonly KeyLimitView[]> {
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly key: string; readonly max_in_flight: number; readonly in_flight: number }>`
        SELECT key, max_in_flight,
               (SELECT count(*) FROM jobs WHERE epoch IS NOT NULL AND (key = '*' OR concurrency_key = key)) AS in_flight
        FROM key_limits ORDER BY key
      `.execute(db),
    );
    return rows.map((row) => ({ key: row.key, maxInFlight: row.max_in_flight, inFlight: row.in_flight }));
  }

  /**
   * Two statements in a transaction: who stores a job under the key holds the limit's row meanwhile, and that job
   * is seen only by a statement that begins once the row is had.
   */
  async deleteLimit(key: string, at: EpochMs): Promise<void> {
    await this.#database.transaction(async (db) => {
      const { rows } = await sql`DELETE FROM key_limits WHERE key = ${key} RETURNING key`.execute(db);
      if (rows.length === 0) throw notFound('limit', key);
      await sql`
        WITH marked AS (
          UPDATE jobs SET held = false WHERE concurrency_key = ${key} AND finished_at IS NULL AND held
        ), event AS (
          INSERT INTO history (at, kind, data) VALUES (${timestamp(at)}, 'limit.deleted', ${JSON.stringify({ key })}::json)
        )
        SELECT ${announceResync()}
      `.execute(db);
    });
  }

  async countInFlight(of: Parameters<QueueRepository['countInFlight']>[0]): Promise<InFlight> {
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly all: number; readonly in_queue: number; readonly with_key: number }>`
        SELECT count(*) AS all, count(*) FILTER (WHERE queue = ${of.queue}) AS in_queue,
               count(*) FILTER (WHERE concurrency_key = ${of.key ?? null}::text) AS with_key
        FROM jobs WHERE epoch IS NOT NULL
      `.execute(db),
    );
    const [row] = rows;
    return { all: row?.all ?? 0, inQueue: row?.in_queue ?? 0, withKey: row?.with_key ?? 0 };
  }

  /** Stores a queue with its event, and tells all instances. */
  async #write(at: EpochMs, kind: string, facts: object, upsert: RawBuilder<unknown>): Promise<Queue> {
    const { rows } = await this.#database.run((db) =>
      sql<QueueRow>`
        WITH queue AS (${upsert}), event AS (
          INSERT INTO history (at, kind, data)
          SELECT ${timestamp(at)}, ${kind}, jsonb_build_object('name', name) || ${JSON.stringify(facts)}::jsonb FROM queue
        )
        SELECT queue.*, ${announceResync()} FROM queue
      `.execute(db),
    );
    const [row] = rows;
    if (row === undefined) throw notFound('queue', 'that was just stored');
    return toQueue(row);
  }
}
