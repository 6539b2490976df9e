import { sql, type RawBuilder } from 'kysely';
import { HodeiError, type Owned, type OwnershipRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { RETURNED_JOB } from '../jobs/read-job.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/** Whether the epoch in this column has no lease any more, by the database's clock. */
const isDead = (column: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`NOT EXISTS (SELECT 1 FROM instances i WHERE i.epoch = ${column} AND i.lease_expires_at > clock_timestamp())`;

/**
 * Each epoch that owns jobs, by a step along `jobs_owned` for each. Asked for the oldest jobs of dead epochs, the planner
 * goes through all jobs by age (`jobs_newest`), as long as it doesn't know how few are owned. No index has the order of a `ROW`.
 */
const OWNERS = sql`
  owner AS (
    (SELECT epoch FROM jobs WHERE epoch IS NOT NULL ORDER BY epoch LIMIT 1)
    UNION ALL
    SELECT (SELECT epoch FROM jobs WHERE epoch > owner.epoch ORDER BY epoch LIMIT 1) FROM owner WHERE epoch IS NOT NULL
  )`;

/**
 * See `OwnershipRepository.takeOver`. A short transaction: the caller's own lease is held, then the jobs change
 * hands with their open attempts, then the workers. Rows that somebody else holds are skipped; the next call
 * sees them.
 */
export async function takeOver(
  database: Database,
  takeover: Parameters<OwnershipRepository['takeOver']>[0],
): Promise<Owned> {
  const { epoch, limit } = takeover;
  const at = timestamp(takeover.at);
  return database.transaction(async (db) => {
    const { rows: lease } = await sql`
      SELECT 1 FROM instances WHERE epoch = ${epoch} AND lease_expires_at > clock_timestamp() FOR KEY SHARE
    `.execute(db);
    if (lease.length === 0)
      throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out; it can't take anything over`);
    const { rows: jobs } = await sql<JobRow>`
      WITH RECURSIVE ${OWNERS}, abandoned AS (
        SELECT id, epoch AS former FROM jobs
        WHERE epoch = ANY (ARRAY (SELECT epoch FROM owner WHERE epoch <> ${epoch} AND ${isDead(sql`owner.epoch`)}))
        ORDER BY ROW (created_at, id) LIMIT ${limit} FOR NO KEY UPDATE SKIP LOCKED
      ), taken AS (
        UPDATE jobs SET epoch = ${epoch} FROM abandoned WHERE jobs.id = abandoned.id RETURNING ${RETURNED_JOB}, abandoned.former
      ), event AS (
        INSERT INTO history (at, kind, job_id, data)
        SELECT ${at}, 'job.taken_over', id, json_build_object('from', former, 'to', ${epoch}::bigint) FROM taken
      )
      SELECT * FROM taken ORDER BY created_at, id
    `.execute(db);
    // A statement of its own: the former owner may have begun an attempt after the one above began to look and before it
    // had the job. The job names it then, but only who looks from now on can see it.
    await sql`
      UPDATE attempts SET epoch = ${epoch} FROM jobs
      WHERE jobs.id = ANY(${jobs.map(({ id }) => id)}::uuid[]) AND attempts.id = jobs.attempt_id
    `.execute(db);
    const { rows: workers } = await sql<WorkerRow>`
      WITH abandoned AS (
        SELECT w.id FROM workers w LEFT JOIN jobs j ON j.id = w.job_id LEFT JOIN attempts a ON a.id = j.attempt_id
        WHERE NOT w.is_over AND w.epoch <> ${epoch} AND ${isDead(sql`w.epoch`)}
          AND (j.epoch = ${epoch} OR a.worker_id IS DISTINCT FROM w.id)
        ORDER BY j.epoch = ${epoch} DESC NULLS LAST, w.created_at, w.id
        LIMIT ${limit + jobs.length} FOR NO KEY UPDATE OF w SKIP LOCKED
      )
      UPDATE workers SET epoch = ${epoch} FROM abandoned WHERE workers.id = abandoned.id RETURNING workers.*
    `.execute(db);
    return { jobs: jobs.map(toJob), workers: workers.map(toWorker).toSorted(byAge) };
  });
}

const byAge = (a: Owned['workers'][number], b: Owned['workers'][number]): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
