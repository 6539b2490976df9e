import { sql } from 'kysely';
import type { Job, JobRepository } from '@hodei/domain';
import { announce } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { RETURNED_JOB } from './read-job.ts';

/**
 * See `JobRepository.claimPending`. One statement: rows that another claimer holds are skipped, not waited
 * for, so claimers neither block each other nor get the same job.
 */
export async function claimPending(
  database: Database,
  claim: Parameters<JobRepository['claimPending']>[0],
): Promise<readonly Job[]> {
  const at = timestamp(claim.at);
  const only = claim.only === undefined ? sql`` : sql`AND id = ANY (${claim.only}::uuid[])`;
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH due AS (
        SELECT id FROM jobs
        WHERE state = 'pending' AND not_before <= ${at} AND cancel_requested_at IS NULL ${only}
        ORDER BY priority DESC, created_at, id
        LIMIT ${Math.max(0, claim.limit)}
        FOR NO KEY UPDATE SKIP LOCKED
      ), claimed AS (
        UPDATE jobs SET state = 'scheduled', epoch = ${claim.epoch}, state_changed_at = ${at}
        FROM due WHERE jobs.id = due.id AND jobs.state = 'pending'
        RETURNING ${RETURNED_JOB}, jobs.priority
      ), event AS (
        INSERT INTO history (at, kind, job_id, data) SELECT ${at}, 'job.scheduled', id, '{}' FROM claimed
      )
      SELECT claimed.*, ${announce('job', 'claimed.id')} FROM claimed ORDER BY priority DESC, created_at, id
    `.execute(db),
  );
  return rows.map(toJob);
}
