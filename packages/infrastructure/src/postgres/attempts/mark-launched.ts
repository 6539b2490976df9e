import { sql } from 'kysely';
import { transitionJob, transitionWorker, type AttemptRepository } from '@hodei/domain';
import { announce } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { timestamp } from '../rows/values.ts';
import { explainRefusal } from './explain-refusal.ts';

/**
 * See `AttemptRepository.markLaunched`. One statement. It holds the worker first and changes the job only then;
 * the job's state says whether this is said twice; every statement that changes several rows takes them in the order worker, job, attempt.
 */
export async function markLaunched(
  database: Database,
  launch: Parameters<AttemptRepository['markLaunched']>[0],
): Promise<void> {
  const { attemptId, epoch } = launch;
  const at = timestamp(launch.at);
  const running = transitionJob('scheduled', 'running');
  const busy = transitionWorker('ready', 'busy');
  const { rows } = await database.run((db) =>
    sql`
      WITH ready AS (
        SELECT id FROM workers
        WHERE id = (SELECT worker_id FROM attempts WHERE id = ${attemptId}) AND epoch = ${epoch}
          AND state IN ('ready', 'busy', 'draining')
        FOR NO KEY UPDATE
      ), job AS (
        UPDATE jobs SET state = ${running}, state_changed_at = ${at}, started_at = coalesce(started_at, ${at}) FROM ready
        WHERE jobs.attempt_id = ${attemptId} AND jobs.id = (SELECT job_id FROM attempts WHERE id = ${attemptId})
          AND jobs.state = 'scheduled' AND jobs.epoch = ${epoch}
        RETURNING jobs.id, ready.id AS worker_id
      ), attempt AS (
        UPDATE attempts SET phases = phases || ${JSON.stringify(launch.phases)}::jsonb, warnings = ${JSON.stringify(launch.warnings)}::json
        FROM job WHERE attempts.id = ${attemptId}
      ), worker AS (
        UPDATE workers SET state = ${busy}, state_changed_at = ${at} FROM job WHERE workers.id = job.worker_id AND workers.state = 'ready'
        RETURNING workers.id, workers.job_id, workers.provider_id
      ), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${at}::timestamptz, ${`job.${running}`}, id, NULL, NULL, '{}'::json FROM job
        UNION ALL
        SELECT ${at}::timestamptz, ${`worker.${busy}`}, job_id, id, provider_id, '{}'::json FROM worker
      )
      SELECT ${announce('job', 'job.id')} FROM job
    `.execute(db),
  );
  if (rows.length === 0) throw await explainRefusal(database, attemptId, epoch, 'launched');
}
