import { sql } from 'kysely';
import { transitionJob, type Job, type JobRepository, type Outcome } from '@hodei/domain';
import { announceCancel, announceJob } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { LIVE_JOB_STATES } from '../states.ts';
import { readJob, RETURNED_JOB } from './read-job.ts';

/** See `JobRepository.requestCancel`. One statement; a second one only where there is nothing to change. */
export async function requestCancel(
  database: Database,
  request: Parameters<JobRepository['requestCancel']>[0],
): Promise<Job> {
  const { jobId, by, force = false } = request;
  const at = timestamp(request.at);
  const cancelled = transitionJob('pending', 'cancelled');
  const outcome: Outcome = { cause: 'cancelled', evidence: { by } };
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH job AS (
        UPDATE jobs SET
          cancel_requested_at = coalesce(cancel_requested_at, ${at}),
          cancel_requested_by = coalesce(cancel_requested_by, ${by}),
          cancel_forced = cancel_forced OR ${force},
          state = CASE state WHEN 'pending' THEN ${cancelled} ELSE state END,
          state_changed_at = CASE state WHEN 'pending' THEN ${at} ELSE state_changed_at END,
          finished_at = CASE state WHEN 'pending' THEN ${at}::timestamptz END,
          outcome = CASE state WHEN 'pending' THEN ${JSON.stringify(outcome)}::json END,
          sealed_secrets = CASE state WHEN 'pending' THEN NULL ELSE sealed_secrets END
        WHERE id = ${jobId} AND state = ANY (${LIVE_JOB_STATES}) AND (cancel_requested_at IS NULL OR (${force} AND NOT cancel_forced))
        RETURNING ${RETURNED_JOB}
      ), event AS (
        INSERT INTO history (at, kind, job_id, data)
        SELECT ${at},
          CASE state WHEN ${cancelled} THEN 'job.cancelled' ELSE 'job.cancel_requested' END,
          id,
          CASE state WHEN ${cancelled} THEN ${outcomeFacts(outcome)}::json ELSE ${JSON.stringify(force ? { by, force } : { by })}::json END
        FROM job
      )
      SELECT job.*, ${sql.raw(announceJob('job'))}, ${announceCancel('job.id')} FROM job
    `.execute(db),
  );
  const [row] = rows;
  return row === undefined ? readJob(database, jobId) : toJob(row);
}
