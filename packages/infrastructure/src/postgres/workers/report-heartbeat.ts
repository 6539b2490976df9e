import { sql } from 'kysely';
import { explainHeartbeatRefusal, type Worker, type WorkerRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/** See `WorkerRepository.setToken`. One statement. @returns whether it was carried out. */
export async function setWorkerToken(
  database: Database,
  { workerId, epoch, hash }: Parameters<WorkerRepository['setToken']>[0],
): Promise<boolean> {
  const { numAffectedRows } = await database.run((db) =>
    sql`
      UPDATE workers SET token = ${JSON.stringify({ epoch, hash })}::json
      WHERE id = ${workerId} AND epoch = ${epoch} AND state NOT IN ('terminating', 'terminated')
    `.execute(db),
  );
  return numAffectedRows === 1n;
}

/** See `WorkerRepository.reportHeartbeat`. One statement; a second one only where it is refused. */
export async function reportHeartbeat(
  database: Database,
  report: Parameters<WorkerRepository['reportHeartbeat']>[0],
  read: () => Promise<Worker>,
): Promise<Worker> {
  const { workerId, epoch, hash, nextHash, heartbeat } = report;
  const token = JSON.stringify({ epoch, hash, nextHash });
  const { rows } = await database.run((db) =>
    sql<WorkerRow>`
      UPDATE workers SET heartbeat = ${JSON.stringify(heartbeat)}::json, token = ${token}::json
      WHERE id = ${workerId} AND epoch = ${epoch} AND state NOT IN ('terminating', 'terminated')
        AND (token ->> 'epoch')::bigint = ${epoch} AND ${hash} IN (token ->> 'hash', token ->> 'nextHash')
      RETURNING *
    `.execute(db),
  );
  const [row] = rows;
  if (row !== undefined) return toWorker(row);
  throw explainHeartbeatRefusal(await read(), epoch);
}
