import { transitionJob, transitionWorker, type AttemptRepository } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import { asText, givenAs, type BatchStatement } from '../batches/batch.ts';
import { timestamp } from '../rows/values.ts';

type Launch = Parameters<AttemptRepository['markLaunched']>[0];

const running = transitionJob('scheduled', 'running');
const busy = transitionWorker('ready', 'busy');

/**
 * See `AttemptRepository.markLaunched`, for several attempts. It holds the workers first and changes the jobs only
 * then; a job's state says whether this is said twice. Every statement that changes several rows takes them in the
 * order worker, job, attempt, and workers by their ids. Rows are looked for by their id alone; see `BEGIN_ATTEMPTS`.
 */
export const MARK_LAUNCHES: BatchStatement<Launch, object, true> = {
  name: 'hodei_mark_launches',
  text: `
    WITH given AS MATERIALIZED (
      SELECT g.*, attempts.job_id, attempts.worker_id
      FROM ${givenAs('attempt_id uuid, epoch bigint, at timestamptz, phases jsonb, warnings text')}
      JOIN attempts ON attempts.id = g.attempt_id
    ), held AS MATERIALIZED (
      SELECT given.*, workers.state AS worker_state, workers.epoch AS worker_epoch
      FROM workers JOIN given ON workers.id = given.worker_id
      ORDER BY workers.id FOR NO KEY UPDATE OF workers
    ), job AS (
      UPDATE jobs SET state = '${running}', state_changed_at = held.at, started_at = coalesce(jobs.started_at, held.at)
      FROM held
      WHERE jobs.id = held.job_id AND jobs.attempt_id = held.attempt_id AND jobs.state = 'scheduled'
        AND jobs.epoch IS NOT DISTINCT FROM held.epoch AND held.worker_epoch = held.epoch
        AND held.worker_state IN ('ready', 'busy', 'draining')
      RETURNING jobs.id, jobs.state, held.place, held.at, held.worker_id, held.attempt_id, held.phases, held.warnings
    ), attempt AS (
      UPDATE attempts SET phases = attempts.phases || job.phases, warnings = job.warnings::json
      FROM job WHERE attempts.id = job.attempt_id
    ), worker AS (
      UPDATE workers SET state = '${busy}', state_changed_at = job.at FROM job
      WHERE workers.id = job.worker_id AND workers.state = 'ready'
      RETURNING workers.id, workers.job_id, workers.provider_id, job.at, job.place
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT at, kind, job_id, worker_id, provider_id, '{}' FROM (
        SELECT at, 'job.${running}' AS kind, id AS job_id, NULL::uuid AS worker_id, NULL::uuid AS provider_id, place, 1 AS turn FROM job
        UNION ALL
        SELECT at, 'worker.${busy}', job_id, id, provider_id, place, 2 FROM worker
      ) AS told ORDER BY place, turn
    )
    SELECT place, ${announceJob('job')} FROM job`,
  keyOf: ({ attemptId }) => attemptId,
  toJson: ({ attemptId, epoch, at, phases, warnings }) => ({
    attempt_id: attemptId,
    epoch,
    at: timestamp(at),
    phases,
    warnings: asText(warnings),
  }),
  toResult: () => true,
};
