import { sql } from 'kysely';
import type { EndRequest, Worker, WorkerRepository } from '@hodei/domain';
import { announceWorker } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/** See `WorkerRepository.requestEnd`. One statement. @returns nothing where there was nothing to change. */
export async function requestEnd(
  database: Database,
  { workerId, kind, at, by }: Parameters<WorkerRepository['requestEnd']>[0],
): Promise<Worker | undefined> {
  const request: EndRequest = { kind, at, by };
  const replaces = kind === 'destroy' ? sql`end_request ->> 'kind' = 'drain'` : sql`false`;
  const { rows } = await database.run((db) =>
    sql<WorkerRow>`
      WITH worker AS (
        UPDATE workers SET end_request = ${JSON.stringify(request)}::json
        WHERE id = ${workerId} AND state NOT IN ('terminating', 'terminated')
          AND (end_request IS NULL OR ${replaces})
        RETURNING *
      ), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${timestamp(at)}, ${`worker.${kind}_requested`}, job_id, id, provider_id, ${JSON.stringify({ by })}::json
        FROM worker
      )
      SELECT worker.*, ${announceWorker('worker.id')} FROM worker
    `.execute(db),
  );
  const [row] = rows;
  return row === undefined ? undefined : toWorker(row);
}
