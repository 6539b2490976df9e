import { sql } from 'kysely';
import type { Worker, WorkerRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/**
 * See `WorkerRepository.observe`. One statement. It waits for nobody: a row that is being changed is looked at in the
 * next round.
 */
export async function observeWorkers(
  database: Database,
  look: Parameters<WorkerRepository['observe']>[0],
): Promise<readonly Worker[]> {
  const { providerId, epoch, listed } = look;
  const at = timestamp(look.at);
  const ids = listed.map(({ workerId }) => workerId);
  const troubles = listed.map(({ trouble }) => trouble ?? null);
  const { rows } = await database.run((db) =>
    sql<WorkerRow>`
      WITH listed AS (
        SELECT * FROM unnest(${ids}::uuid[], ${troubles}::text[]) AS l (id, trouble)
      ), held AS (
        SELECT id FROM workers
        WHERE provider_id = ${providerId} AND epoch = ${epoch} AND NOT is_over
        FOR NO KEY UPDATE SKIP LOCKED
      ), observed AS (
        UPDATE workers w SET
          last_seen_at = CASE WHEN l.id IS NULL THEN w.last_seen_at ELSE ${at}::timestamptz END,
          missing_since = CASE WHEN l.id IS NULL THEN coalesce(w.missing_since, ${at}::timestamptz) END,
          trouble = CASE WHEN l.id IS NULL THEN w.trouble ELSE l.trouble END
        FROM held LEFT JOIN listed l USING (id)
        WHERE w.id = held.id
          AND (l.id IS NOT NULL OR (w.state IN ('ready', 'busy', 'draining') AND w.state_changed_at < ${at}))
        RETURNING w.*
      )
      SELECT * FROM observed
      UNION ALL
      SELECT * FROM workers
      WHERE provider_id = ${providerId} AND NOT is_over AND id NOT IN (SELECT id FROM observed)
      ORDER BY created_at, id
    `.execute(db),
  );
  return rows.map(toWorker);
}
