import { sql, type RawBuilder } from 'kysely';
import { transitionWorker, type Attempt, type Job, type JobId, type NewJob, type Placement } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { newJobValues, NEW_JOB_COLUMNS, submissionFacts } from '../jobs/new-job-values.ts';
import { mayBePlacedAtOnce } from '../jobs/placement.ts';
import { readJobRow, RETURNED_JOB } from '../jobs/read-job.ts';
import { refusal } from '../refusal.ts';
import { toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';

/** What becomes of a worker that a job is placed on. */
const taken = (jobId: JobId, { at, expiresAt }: Placement): RawBuilder<unknown> => sql`
  state = ${transitionWorker('ready', 'busy')}, job_id = ${jobId}, state_changed_at = ${timestamp(at)},
  expires_at = ${timestamp(expiresAt)}, jobs_run = workers.jobs_run + 1`;

/** It still waits, for us. */
const waiting = ({ workerId, epoch }: Placement): RawBuilder<unknown> =>
  sql`id = ${workerId} AND state = 'ready' AND epoch IS NOT DISTINCT FROM ${epoch} AND pool IS NOT NULL`;

/** The attempt of the CTEs `worker` and `job`, where both have a row. */
const store = ({ attemptId, epoch, nonce, phases }: Placement, number: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
  SELECT ${attemptId}::uuid, job.id, worker.id, worker.provider_id, ${number}, ${epoch}::bigint, ${nonce}, ${JSON.stringify(phases)}::jsonb, '[]'
  FROM worker, job
  RETURNING *`;

/**
 * See `JobRepository.insertOnWorker`. One statement: the job, its attempt, its worker and what the history tells.
 * Nobody is told: of a job that was not there yet, nobody waits for anything but its beginning, of which all are told.
 */
export async function insertOnWorker(
  database: Database,
  wanted: Omit<NewJob, 'claimFor'>,
  placement: Placement,
): Promise<{ readonly job: Job; readonly attempt: Attempt } | undefined> {
  const { id } = wanted;
  const at = timestamp(placement.at);
  const rows = await database.runOften(
    sql<JobRow & { readonly attempt: AttemptRow }>`
      WITH worker AS (
        UPDATE workers SET ${taken(id, placement)}
        WHERE ${waiting(placement)} AND ${mayBePlacedAtOnce(wanted.spec, wanted.at)} RETURNING id, provider_id
      ), job AS (
        INSERT INTO jobs (${NEW_JOB_COLUMNS}, attempt_id)
        SELECT ${newJobValues({ ...wanted, claimFor: placement.epoch }, true)}, ${placement.attemptId}::uuid FROM worker
        RETURNING ${RETURNED_JOB}
      ), attempt AS (${store(placement, sql`1`)}), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${at}::timestamptz, 'job.scheduled', id, NULL, NULL, ${submissionFacts(wanted)}::json FROM job
        UNION ALL
        SELECT ${at}::timestamptz, 'worker.busy', ${id}::uuid, id, provider_id, '{}'::json FROM worker
      )
      SELECT job.*, row_to_json(attempt) AS attempt FROM job, attempt
    `,
  );
  const [row] = rows;
  return row && { job: toJob(row), attempt: toAttempt(row.attempt) };
}

/** See `AttemptRepository.beginOnWorker`. One statement; a second one only where nothing was begun. */
export async function beginOnWorker(
  database: Database,
  jobId: JobId,
  placement: Placement,
): Promise<Attempt | undefined> {
  const { epoch } = placement;
  const at = timestamp(placement.at);
  // Found by its id alone; see `BEGIN_ATTEMPTS`.
  const mayBegin = sql`jobs.id = ${jobId} AND jobs.state = 'scheduled' AND jobs.epoch IS NOT DISTINCT FROM ${epoch}
    AND attempt_id IS NULL AND cancel_requested_at IS NULL`;
  const number = sql`(SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE job_id = ${jobId})`;
  const rows = await database.runOften(
    sql<AttemptRow>`
      WITH held AS (
        SELECT id FROM workers WHERE ${waiting(placement)} FOR NO KEY UPDATE
      ), job AS (
        UPDATE jobs SET attempt_id = ${placement.attemptId} FROM held WHERE ${mayBegin} RETURNING jobs.id, held.id AS worker_id
      ), worker AS (
        UPDATE workers SET ${taken(jobId, placement)} FROM job WHERE workers.id = job.worker_id
        RETURNING workers.id, workers.provider_id
      ), attempt AS (${store(placement, number)}), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${at}, 'worker.busy', ${jobId}::uuid, id, provider_id, '{}' FROM worker
      )
      SELECT * FROM attempt
    `,
  );
  const [row] = rows;
  if (row !== undefined) return toAttempt(row);
  const job = await readJobRow(database, jobId);
  const attempted = job.attempt_id === null ? '' : ', has an attempt that has not ended';
  const cancelled = job.cancel_requested_at === null ? '' : ', is to be cancelled';
  if (job.state === 'scheduled' && job.epoch === epoch && attempted === '' && cancelled === '') return undefined;
  throw refusal('job', jobId, job, epoch, `is ${job.state}${attempted}${cancelled}; no attempt can begin`);
}
