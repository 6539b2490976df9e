import { sql, type SqlBool } from 'kysely';
import {
  HodeiError,
  type Capacity,
  type ProviderConfig,
  type ProviderId,
  type ProviderRepository,
} from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { found } from './refusal.ts';
import { toProvider, type ProviderRow } from './rows/provider-row.ts';
import { timestamp } from './rows/values.ts';

/** Provider configurations in Postgres. */
export class PostgresProviderRepository implements ProviderRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(config: ProviderConfig): Promise<ProviderConfig> {
    const { id, name, type, mode, priority, maxWorkers, labels, settings, version } = config;
    const createdAt = timestamp(config.createdAt);
    const { rows } = await this.#database.run((db) =>
      sql<ProviderRow>`
        WITH provider AS (
          INSERT INTO providers (id, name, type, mode, priority, max_workers, overcommit, capacity, labels, settings, created_at, updated_at, version)
          VALUES (${id}, ${name}, ${type}, ${mode}, ${priority}, ${maxWorkers}, ${JSON.stringify(config.overcommit ?? {})}, ${JSON.stringify(config.capacity ?? {})},
                  ${JSON.stringify(labels)}, ${JSON.stringify(settings)},
                  ${createdAt}, ${timestamp(config.updatedAt)}, ${version})
          RETURNING *
        ), event AS (
          INSERT INTO history (at, kind, provider_id, data)
          SELECT ${createdAt}, 'provider.registered', id, json_build_object('name', name) FROM provider
        )
        SELECT * FROM provider
      `.execute(db),
    );
    return toProvider(found(rows[0], 'provider', id));
  }

  async get(id: ProviderId): Promise<ProviderConfig> {
    const row = await this.#database.run((db) =>
      db.selectFrom('providers').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return toProvider(found(row, 'provider', id));
  }

  async getByName(name: string): Promise<ProviderConfig> {
    const row = await this.#database.run((db) =>
      db.selectFrom('providers').selectAll().where('name', '=', name).executeTakeFirst(),
    );
    return toProvider(found(row, 'provider', name));
  }

  async list(): Promise<readonly ProviderConfig[]> {
    const rows = await this.#database.run((db) => db.selectFrom('providers').selectAll().orderBy('name').execute());
    return rows.map(toProvider);
  }

  async update(change: Parameters<ProviderRepository['update']>[0]): Promise<ProviderConfig> {
    const { id, version, patch } = change;
    const at = timestamp(change.at);
    const asJson = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
    const { rows } = await this.#database.run((db) =>
      sql<ProviderRow>`
        WITH provider AS (
          UPDATE providers SET
            name = coalesce(${patch.name ?? null}, name),
            mode = coalesce(${patch.mode ?? null}, mode),
            priority = coalesce(${patch.priority ?? null}, priority),
            max_workers = coalesce(${patch.maxWorkers ?? null}, max_workers),
            overcommit = coalesce(${asJson(patch.overcommit)}::jsonb, overcommit),
            labels = coalesce(${asJson(patch.labels)}::jsonb, labels),
            settings = coalesce(${asJson(patch.settings)}::json, settings),
            updated_at = ${at},
            version = version + 1
          WHERE id = ${id} AND version = ${version}
          RETURNING *
        ), event AS (
          INSERT INTO history (at, kind, provider_id, data)
          SELECT ${at}, 'provider.updated', id, json_build_object('name', name) FROM provider
        )
        SELECT * FROM provider
      `.execute(db),
    );
    const [row] = rows;
    if (row !== undefined) return toProvider(row);
    const now = await this.get(id);
    throw new HodeiError(
      'conflict',
      `provider ${now.name} is at version ${now.version}, not ${version}; read it again`,
    );
  }

  async setCapacity(id: ProviderId, capacity: Capacity): Promise<ProviderConfig> {
    const { rows } = await this.#database.run((db) =>
      sql<ProviderRow>`UPDATE providers SET capacity = ${JSON.stringify(capacity)}::jsonb WHERE id = ${id} RETURNING *`.execute(
        db,
      ),
    );
    return toProvider(found(rows[0], 'provider', id));
  }

  /**
   * Two statements in a transaction: the row has to be held before the workers are counted, or one that
   * begins meanwhile is not seen.
   */
  async delete(id: ProviderId): Promise<void> {
    await this.#database.transaction(async (db) => {
      const row = await db.selectFrom('providers').select('name').where('id', '=', id).forUpdate().executeTakeFirst();
      const { name } = found(row, 'provider', id);
      const live = await db
        .selectFrom('workers')
        .select((columns) => columns.fn.countAll<number>().as('count'))
        .where('provider_id', '=', id)
        .where(sql<SqlBool>`NOT is_over`)
        .executeTakeFirstOrThrow();
      if (live.count > 0) {
        throw new HodeiError('conflict', `provider ${name} has ${live.count} workers that are not terminated`);
      }
      await db.deleteFrom('providers').where('id', '=', id).execute();
      await sql`INSERT INTO history (at, kind, provider_id, data) VALUES (now(), 'provider.deleted', ${id}, ${JSON.stringify({ name })})`.execute(
        db,
      );
    });
  }
}
