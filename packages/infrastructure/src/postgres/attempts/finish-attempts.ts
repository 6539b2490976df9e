import { JOB_STATES, transitionJob, transitionWorker, type AttemptRepository, type Job } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import { asText, givenAs, type BatchStatement } from '../batches/batch.ts';
import { JOB_COLUMNS, toJob, type JobRow } from '../rows/job-row.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { jobStatesBefore, quoted, workerStatesBefore } from '../states.ts';

type End = Parameters<AttemptRepository['finish']>[0];

const running = transitionJob('scheduled', 'running');
const busy = transitionWorker('ready', 'busy');

/** In which states a job may be that is to be in `held.state`. */
const JOB_STATES_BEFORE = `CASE WHEN held.launched_at IS NOT NULL THEN ARRAY['scheduled'] ${JOB_STATES.map(
  (to) => `WHEN held.state = '${to}' THEN ARRAY[${quoted(jobStatesBefore(to))}]::text[]`,
).join(' ')} END`;

/** Whether a worker that was given a launch is `busy` by that. */
const GETS_BUSY = `(job.launched_at IS NOT NULL AND job.worker_state = 'ready')`;

/** Whether the worker waits again afterwards. */
const WAITS_AGAIN = `(job.reuse AND (job.worker_state = '${busy}' OR ${GETS_BUSY}))`;

/**
 * See `AttemptRepository.finish`, for several attempts. The compare-and-set is on the job's row: a job whose
 * `attempt_id` is this attempt has it open. Workers are held first, in one order; see `markLaunched`, also of how rows
 * are found.
 */
export const FINISH_ATTEMPTS: BatchStatement<End, JobRow, Job> = {
  name: 'hodei_finish_attempts',
  text: `
    WITH given AS MATERIALIZED (
      SELECT g.*, attempts.job_id, attempts.worker_id
      FROM ${givenAs(`attempt_id uuid, epoch bigint, state text, at timestamptz, not_before timestamptz, outcome text,
        facts text, phases jsonb, reuse boolean, launched_at timestamptz, warnings text`)}
      JOIN attempts ON attempts.id = g.attempt_id
    ), held AS MATERIALIZED (
      SELECT given.*, workers.state AS worker_state, workers.epoch AS worker_epoch FROM workers JOIN given ON workers.id = given.worker_id
      ORDER BY workers.id FOR NO KEY UPDATE OF workers
    ), job AS (
      UPDATE jobs SET state = held.state, epoch = NULL, attempt_id = NULL, state_changed_at = held.at,
        not_before = CASE held.state WHEN 'pending' THEN held.not_before ELSE jobs.not_before END,
        refusal = NULL, started_at = coalesce(jobs.started_at, held.launched_at),
        deferred = CASE held.state WHEN 'pending' THEN held.not_before > held.at ELSE jobs.deferred END,
        finished_at = CASE held.state WHEN 'pending' THEN jobs.finished_at ELSE held.at END,
        outcome = CASE held.state WHEN 'pending' THEN jobs.outcome ELSE held.outcome::json END,
        sealed_secrets = CASE held.state WHEN 'pending' THEN jobs.sealed_secrets END
      FROM held
      WHERE jobs.id = held.job_id AND jobs.attempt_id = held.attempt_id AND jobs.state = ANY (${JOB_STATES_BEFORE})
        AND jobs.epoch IS NOT DISTINCT FROM held.epoch AND held.worker_epoch = held.epoch
        AND (held.state <> 'pending' OR jobs.cancel_requested_at IS NULL)
      RETURNING ${JOB_COLUMNS.map((column) => `jobs.${column}`).join(', ')}, held.place, held.worker_id, held.at AS ended_at,
        held.outcome::json AS ended_as, held.facts::json AS facts, held.phases, held.reuse, held.attempt_id AS ended_attempt,
        held.launched_at, held.warnings, held.worker_state
    ), attempt AS (
      UPDATE attempts SET outcome = job.ended_as, phases = attempts.phases || job.phases,
        warnings = coalesce(job.warnings::json, attempts.warnings)
      FROM job WHERE attempts.id = job.ended_attempt
    ), worker AS (
      UPDATE workers SET state_changed_at = job.ended_at,
        state = CASE WHEN ${WAITS_AGAIN} THEN 'ready' ELSE 'terminating' END,
        job_id = CASE WHEN ${WAITS_AGAIN} THEN NULL ELSE workers.job_id END,
        termination = CASE WHEN ${WAITS_AGAIN} THEN workers.termination ELSE coalesce(workers.termination, job.ended_as) END
      FROM job WHERE workers.id = job.worker_id AND workers.state IN (${quoted(workerStatesBefore('terminating'))})
      RETURNING workers.id, workers.state, workers.provider_id, job.id AS job_id, job.place, job.ended_at, job.facts,
        CASE WHEN ${GETS_BUSY} THEN job.launched_at END AS busy_at
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT at, kind, job_id, worker_id, provider_id, facts FROM (
        SELECT launched_at AS at, 'job.${running}' AS kind, id AS job_id, NULL::uuid AS worker_id, NULL::uuid AS provider_id,
          '{}'::json AS facts, place, 1 AS turn FROM job WHERE launched_at IS NOT NULL
        UNION ALL
        SELECT busy_at, 'worker.${busy}', job_id, id, provider_id, '{}', place, 2 FROM worker WHERE busy_at IS NOT NULL
        UNION ALL
        SELECT ended_at, 'worker.' || state, job_id, id, provider_id, facts, place, 3 FROM worker
        UNION ALL
        SELECT ended_at, 'job.' || state, id, NULL, NULL, facts, place, 4 FROM job
      ) AS told ORDER BY place, turn
    )
    SELECT ${JOB_COLUMNS.join(', ')}, place, ${announceJob('job')} FROM job`,
  keyOf: ({ attemptId }) => attemptId,
  toJson: ({ attemptId, epoch, launch, settlement, at, outcome, phases, reuse }) => ({
    attempt_id: attemptId,
    epoch,
    state: settlement.state,
    at: timestamp(at),
    not_before: settlement.state === 'pending' ? timestamp(settlement.notBefore) : null,
    outcome: asText(outcome),
    facts: outcomeFacts(outcome),
    phases,
    reuse: reuse === true,
    launched_at: launch === undefined ? null : timestamp(launch.at),
    warnings: asText(launch?.warnings),
  }),
  toResult: toJob,
};
