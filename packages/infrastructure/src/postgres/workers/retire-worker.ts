import { sql } from 'kysely';
import { transitionWorker, type Worker, type WorkerRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/** See `WorkerRepository.retire`. One statement. @returns nothing where it was refused. */
export async function retireWorker(
  database: Database,
  retired: Parameters<WorkerRepository['retire']>[0],
): Promise<Worker | undefined> {
  const { workerId, epoch, termination } = retired;
  const at = timestamp(retired.at);
  const draining = transitionWorker('ready', 'draining');
  const { rows } = await database.run((db) =>
    sql<WorkerRow>`
      WITH worker AS (
        UPDATE workers SET state = ${draining}, state_changed_at = ${at},
          termination = coalesce(termination, ${JSON.stringify(termination)}::json)
        WHERE id = ${workerId} AND epoch = ${epoch} AND state = 'ready' AND job_id IS NULL
        RETURNING *
      ), event AS (
        INSERT INTO history (at, kind, worker_id, provider_id, data)
        SELECT ${at}, ${`worker.${draining}`}, id, provider_id, ${outcomeFacts(termination)}::json FROM worker
      )
      SELECT * FROM worker
    `.execute(db),
  );
  const [row] = rows;
  return row === undefined ? undefined : toWorker(row);
}
