import { sql } from 'kysely';
import { transitionJob, type JobRepository } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { timestamp } from '../rows/values.ts';
import { IS_PENDING } from './placement.ts';

/** See `JobRepository.expireWaiting`. One statement along an index of those that have a deadline. */
export async function expireWaiting(
  database: Database,
  { at: moment, limit }: Parameters<JobRepository['expireWaiting']>[0],
): Promise<number> {
  const at = timestamp(moment);
  const rows = await database.runOften(
    sql<object>`
      WITH late AS (
        SELECT id FROM jobs WHERE ${IS_PENDING} AND wait_until IS NOT NULL AND started_at IS NULL AND wait_until <= ${at}
        ORDER BY wait_until LIMIT ${limit} FOR NO KEY UPDATE SKIP LOCKED
      ), job AS (
        UPDATE jobs SET state = ${transitionJob('pending', 'timed_out')}, state_changed_at = ${at}, finished_at = ${at}, sealed_secrets = NULL,
          outcome = json_build_object('cause', 'wait_timeout', 'evidence', json_build_object(
            'message', format('it may wait %s ms for its start', spec->>'waitTimeoutMs')))
        FROM late WHERE jobs.id = late.id AND jobs.state = 'pending'
        RETURNING jobs.id, jobs.state
      ), event AS (
        INSERT INTO history (at, kind, job_id, data) SELECT ${at}, 'job.timed_out', id, '{"cause":"wait_timeout"}' FROM job
      )
      SELECT ${sql.raw(announceJob('job'))} FROM job
    `,
  );
  return rows.length;
}
