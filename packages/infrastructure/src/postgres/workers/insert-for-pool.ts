import { sql } from 'kysely';
import { HodeiError, type NewPoolWorker, type Worker } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { found, notFound } from '../refusal.ts';
import { timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/**
 * See `WorkerRepository.insertForPool`. Two statements in a transaction: the pool's row has to be held before its
 * workers are counted, or one that is inserted meanwhile is not seen. The provider's row and the lease are held
 * as well.
 */
export async function insertForPool(database: Database, wanted: NewPoolWorker): Promise<Worker> {
  const { workerId, providerId, pool, epoch, image, resources } = wanted;
  const at = timestamp(wanted.at);
  return database.transaction(async (db) => {
    const { rows: held } = await sql<{ readonly max_workers: number }>`
      SELECT max_workers FROM pools WHERE name = ${pool} FOR NO KEY UPDATE
    `.execute(db);
    const { max_workers: most } = found(held[0], 'pool', pool);
    const { rows } = await sql<WorkerRow & { readonly live: number; readonly alive: boolean }>`
      WITH pool AS (
        SELECT count(*) AS live FROM workers WHERE pool = ${pool} AND NOT is_over
      ), lease AS (
        SELECT epoch FROM instances WHERE epoch = ${epoch} AND lease_expires_at > clock_timestamp() FOR KEY SHARE
      ), provider AS (
        SELECT id FROM providers WHERE id = ${providerId} FOR KEY SHARE
      ), worker AS (
        INSERT INTO workers (id, provider_id, state, epoch, image, resources, pool, created_at, state_changed_at, expires_at)
        SELECT ${workerId}::uuid, provider.id, 'creating', lease.epoch, ${image}, ${JSON.stringify(resources)}::jsonb, ${pool},
               ${at}::timestamptz, ${at}::timestamptz, ${timestamp(wanted.expiresAt)}::timestamptz
        FROM pool, lease, provider WHERE pool.live < ${most}
        RETURNING *
      ), event AS (
        INSERT INTO history (at, kind, worker_id, provider_id, data) SELECT ${at}, 'worker.creating', id, provider_id, '{}' FROM worker
      )
      SELECT worker.*, pool.live, EXISTS (SELECT 1 FROM lease) AS alive FROM pool LEFT JOIN worker ON true
    `.execute(db);
    const row = found(rows[0], 'pool', pool);
    if (row.id !== null) return toWorker(row);
    if (!row.alive)
      throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out; it can't begin anything`);
    if (row.live >= most) throw new HodeiError('limit_exceeded', `pool ${pool} has ${row.live} of ${most} workers`);
    throw notFound('provider', providerId);
  });
}
