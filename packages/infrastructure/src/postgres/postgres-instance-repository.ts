import { sql, type RawBuilder } from 'kysely';
import {
  HodeiError,
  parseInstallationId,
  type EngineDeclaration,
  type Epoch,
  type Instance,
  type InstanceRepository,
} from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { assertSealingKey } from './ownership/assert-sealing-key.ts';

interface InstanceRow {
  readonly epoch: number;
  readonly name: string;
  readonly lease_expires_at: number;
  readonly keeps_pools: boolean;
  readonly installation_id: string;
}

/** What an {@link InstanceRow} is made of. */
const COLUMNS = sql`epoch, name, lease_expires_at, keeps_pools, (SELECT id FROM installation) AS installation_id`;

/** Instances in Postgres. Leases are measured by the database's clock alone. */
export class PostgresInstanceRepository implements InstanceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async register(registration: Parameters<InstanceRepository['register']>[0]): Promise<Instance> {
    const { name, leaseMs, keepsPools = false, sealingCheck } = registration;
    const { rows } = await this.#database.transaction(async (db) => {
      await sql`INSERT INTO installation DEFAULT VALUES ON CONFLICT DO NOTHING`.execute(db);
      if (sealingCheck !== undefined) await assertSealingKey(db, sealingCheck);
      // Nobody misses a life that ended long ago; what it owned says so by its epoch.
      await sql`DELETE FROM instances WHERE lease_expires_at < now() - interval '1 day'`.execute(db);
      return sql<InstanceRow>`
        INSERT INTO instances (name, lease_expires_at, keeps_pools) VALUES (${name}, ${fromNow(leaseMs)}, ${keepsPools}) RETURNING ${COLUMNS}
      `.execute(db);
    });
    const [row] = rows;
    if (row === undefined) throw new HodeiError('internal', 'Postgres returned no row for a new instance');
    return toInstance(row);
  }

  async renew({ epoch, leaseMs }: { readonly epoch: Epoch; readonly leaseMs: number }): Promise<Instance> {
    const { rows } = await this.#database.run((db) =>
      sql<InstanceRow>`
        UPDATE instances SET lease_expires_at = ${fromNow(leaseMs)} WHERE epoch = ${epoch} AND lease_expires_at > clock_timestamp()
        RETURNING ${COLUMNS}
      `.execute(db),
    );
    const [row] = rows;
    if (row !== undefined) return toInstance(row);
    throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out or was released; register again`);
  }

  async release(epoch: Epoch): Promise<void> {
    await this.#database.run((db) => db.deleteFrom('instances').where('epoch', '=', epoch).execute());
  }

  async declareEngine({
    epoch,
    providerId,
    engineId,
  }: Parameters<InstanceRepository['declareEngine']>[0]): Promise<EngineDeclaration | undefined> {
    return this.#database.transaction(async (db) => {
      // One after the other: of two that come at once, one sees what the other has said.
      await sql`SELECT FROM providers WHERE id = ${providerId} FOR NO KEY UPDATE`.execute(db);
      const { rows } = await sql<EngineDeclaration>`
        SELECT name AS instance, engines ->> ${providerId} AS "engineId" FROM instances
        WHERE epoch <> ${epoch} AND lease_expires_at > clock_timestamp() AND engines ->> ${providerId} <> ${engineId} LIMIT 1
      `.execute(db);
      const [other] = rows;
      const next =
        other === undefined
          ? sql`engines || jsonb_build_object(${providerId}::text, ${engineId}::text)`
          : sql`engines - ${providerId}::text`;
      await sql`UPDATE instances SET engines = ${next} WHERE epoch = ${epoch}`.execute(db);
      return other;
    });
  }

  async listLive(): Promise<readonly Instance[]> {
    const { rows } = await this.#database.run((db) =>
      sql<InstanceRow>`SELECT ${COLUMNS} FROM instances WHERE lease_expires_at > clock_timestamp() ORDER BY epoch`.execute(
        db,
      ),
    );
    return rows.map(toInstance);
  }
}

/** A moment by the database's clock, to the millisecond that a number keeps. */
const fromNow = (leaseMs: number): RawBuilder<unknown> =>
  sql`date_trunc('milliseconds', clock_timestamp() + ${leaseMs}::double precision * interval '1 millisecond')`;

const toInstance = (row: InstanceRow): Instance => ({
  epoch: row.epoch,
  name: row.name,
  leaseExpiresAt: row.lease_expires_at,
  keepsPools: row.keeps_pools,
  installationId: parseInstallationId(row.installation_id),
});
