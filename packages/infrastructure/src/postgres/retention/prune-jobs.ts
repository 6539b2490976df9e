import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Of output, so many records are deleted at once: each may be a few hundred kilobytes. */
const MAX_RECORDS = 1000;

/** What became of some old jobs. */
export interface PrunedJobs {
  readonly jobs: number;
  readonly records: number;
}

/**
 * Deletes old jobs with all that is theirs; where they have much output, a part of that first. In a transaction.
 * Jobs that somebody else is at are left to them.
 */
export async function pruneJobs(db: Kysely<Schema>, before: Date, limit: number): Promise<PrunedJobs> {
  const { rows } = await sql<{ readonly id: string }>`
    SELECT id FROM jobs WHERE finished_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.job_id = jobs.id AND NOT w.is_over)
    ORDER BY finished_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED
  `.execute(db);
  if (rows.length === 0) return { jobs: 0, records: 0 };
  const ids = rows.map(({ id }) => id);
  const records = await count(
    db,
    sql`DELETE FROM log_chunks WHERE (job_id, seq) IN (
      SELECT job_id, seq FROM log_chunks WHERE job_id = ANY (${ids}) LIMIT ${MAX_RECORDS}
    )`,
  );
  if (records === MAX_RECORDS) return { jobs: 0, records };
  await sql`DELETE FROM history WHERE job_id = ANY (${ids})`.execute(db);
  const attempts = await sql<{ readonly worker_id: string }>`
    DELETE FROM attempts WHERE job_id = ANY (${ids}) RETURNING worker_id
  `.execute(db);
  await deleteWorkers(db, ids, [...new Set(attempts.rows.map(({ worker_id: id }) => id))]);
  await sql`DELETE FROM jobs WHERE id = ANY (${ids})`.execute(db);
  return { jobs: ids.length, records };
}

/** A worker that had jobs of others as well stays as long as they do. */
async function deleteWorkers(db: Kysely<Schema>, jobIds: string[], workerIds: string[]): Promise<void> {
  const gone = await sql<{ readonly id: string }>`
    DELETE FROM workers w WHERE (w.id = ANY (${workerIds}) OR w.job_id = ANY (${jobIds})) AND w.state = 'terminated'
      AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.worker_id = w.id)
    RETURNING w.id
  `.execute(db);
  await sql`UPDATE workers SET job_id = NULL WHERE job_id = ANY (${jobIds})`.execute(db);
  await sql`DELETE FROM history WHERE worker_id = ANY (${gone.rows.map(({ id }) => id)})`.execute(db);
}

/** Carries out a statement. @returns how many rows it changed. */
export async function count(db: Kysely<Schema>, statement: ReturnType<typeof sql>): Promise<number> {
  const { numAffectedRows } = await statement.execute(db);
  return Number(numAffectedRows ?? 0);
}
