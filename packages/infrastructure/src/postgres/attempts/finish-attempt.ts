import { sql } from 'kysely';
import type { AttemptRepository, Job } from '@hodei/domain';
import { announce } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { RETURNED_JOB } from '../jobs/read-job.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { jobStatesBefore, workerStatesBefore } from '../states.ts';
import { explainRefusal } from './explain-refusal.ts';

/**
 * See `AttemptRepository.finish`. One statement, whose compare-and-set is on the job's row: a job whose
 * `attempt_id` is this attempt has it open. The worker is held first; see `markLaunched` for the order.
 */
export async function finishAttempt(database: Database, end: Parameters<AttemptRepository['finish']>[0]): Promise<Job> {
  const { attemptId, epoch, settlement } = end;
  const { state } = settlement;
  const at = timestamp(end.at);
  const outcome = JSON.stringify(end.outcome);
  const facts = outcomeFacts(end.outcome);
  const change =
    settlement.state === 'pending'
      ? sql`not_before = ${timestamp(settlement.notBefore)}, deferred = ${settlement.notBefore > end.at}`
      : sql`finished_at = ${at}, outcome = ${outcome}::json, sealed_secrets = NULL`;
  const unlessCancelled = state === 'pending' ? sql`AND jobs.cancel_requested_at IS NULL` : sql``;
  const destroyed = sql`termination = coalesce(termination, ${outcome}::json)`;
  const endOfWorker =
    end.reuse === true
      ? sql`state = CASE workers.state WHEN 'busy' THEN 'ready' ELSE 'terminating' END,
            job_id = CASE workers.state WHEN 'busy' THEN NULL ELSE workers.job_id END,
            termination = CASE workers.state WHEN 'busy' THEN workers.termination ELSE coalesce(termination, ${outcome}::json) END`
      : sql`state = 'terminating', ${destroyed}`;
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH held AS (
        SELECT id FROM workers WHERE id = (SELECT worker_id FROM attempts WHERE id = ${attemptId}) AND epoch = ${epoch}
        FOR NO KEY UPDATE
      ), job AS (
        UPDATE jobs SET state = ${state}, epoch = NULL, attempt_id = NULL, state_changed_at = ${at}, ${change} FROM held
        WHERE jobs.attempt_id = ${attemptId} AND jobs.id = (SELECT job_id FROM attempts WHERE id = ${attemptId})
          AND jobs.state = ANY (${jobStatesBefore(state)}) AND jobs.epoch = ${epoch} ${unlessCancelled}
        RETURNING ${RETURNED_JOB}, held.id AS worker_id
      ), attempt AS (
        UPDATE attempts SET outcome = ${outcome}::json, phases = phases || ${JSON.stringify(end.phases)}::jsonb
        FROM job WHERE attempts.id = ${attemptId}
      ), worker AS (
        UPDATE workers SET ${endOfWorker}, state_changed_at = ${at}
        FROM job WHERE workers.id = job.worker_id AND workers.state = ANY (${workerStatesBefore('terminating')})
        RETURNING workers.id, workers.state, workers.provider_id
      ), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${at}::timestamptz, 'worker.' || worker.state, job.id, worker.id, worker.provider_id, ${facts}::json FROM worker, job
        UNION ALL
        SELECT ${at}::timestamptz, ${`job.${state}`}, id, NULL, NULL, ${facts}::json FROM job
      )
      SELECT job.*, ${announce('job', 'job.id')} FROM job
    `.execute(db),
  );
  const [row] = rows;
  if (row === undefined) throw await explainRefusal(database, attemptId, epoch, `finished as ${state}`);
  return toJob(row);
}
