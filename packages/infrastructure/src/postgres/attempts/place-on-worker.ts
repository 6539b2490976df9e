import {
  EVERY_JOB,
  NO_OUTPUT,
  parseProviderId,
  transitionWorker,
  turnOf,
  type Attempt,
  type Job,
  type JobId,
  type NewJob,
  type Placement,
} from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { INSERT_JOBS, sealedAsText, SUBMISSION_FACTS } from '../jobs/insert-jobs.ts';
import { HOLDS_BACK, READY } from '../jobs/placement.ts';
import { readJobRow } from '../jobs/read-job.ts';
import { refusal } from '../refusal.ts';
import { timestamp } from '../rows/values.ts';

/** The columns of `given` that {@link placementAsJson} fills. */
const PLACEMENT = `job_id uuid, attempt_id uuid, worker_id uuid, epoch bigint, nonce text, phases jsonb, at timestamptz, expires_at timestamptz`;

const placementAsJson = (jobId: JobId, placement: Placement): object => ({
  job_id: jobId,
  attempt_id: placement.attemptId,
  worker_id: placement.workerId,
  epoch: placement.epoch,
  nonce: placement.nonce,
  phases: placement.phases,
  at: timestamp(placement.at),
  expires_at: timestamp(placement.expiresAt),
});

/** What becomes of a worker that a job is placed on. */
const TAKEN = `state = '${transitionWorker('ready', 'busy')}', job_id = given.job_id, state_changed_at = given.at,
  expires_at = given.expires_at, jobs_run = workers.jobs_run + 1`;

/** It still waits, for us. Found by its id alone; see `BEGIN_ATTEMPTS`. */
const IS_WAITING = `workers.id = given.worker_id AND workers.state = 'ready'
  AND workers.epoch IS NOT DISTINCT FROM given.epoch AND workers.pool IS NOT NULL`;

/** The attempt on the worker of the CTE `worker`, where that has a row. */
const store = (number: string): string => `
  INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
  SELECT attempt_id, job_id, worker_id, provider_id, ${number}, epoch, nonce, phases, '[]' FROM given, worker
  RETURNING number, provider_id`;

const BUSY = `SELECT at, 'worker.busy', job_id, worker_id, provider_id, '{}'::json FROM given, worker`;

/**
 * The worker and the job's queue are free for it: nothing limits it, and in its queue nothing waits but jobs of one tenant,
 * whose turn comes after its own. It reads no more than both ends of an index.
 */
const PLACE_NEW_JOB = `
  WITH given AS MATERIALIZED (
    SELECT * FROM json_to_record($1::json) AS g (${PLACEMENT}, priority integer, name text, labels jsonb, spec text, sealed text,
      submitted_at timestamptz, not_before timestamptz, queue text, tenant text, concurrency_key text, turn double precision,
      wait_until timestamptz, submitted_by text, request_hash text)
  ), worker AS (
    UPDATE workers SET ${TAKEN} FROM given
    WHERE ${IS_WAITING}
      AND NOT EXISTS (SELECT FROM queues WHERE name = given.queue AND ${HOLDS_BACK})
      AND NOT EXISTS (SELECT FROM key_limits WHERE key IN ('${EVERY_JOB}', given.concurrency_key))
      AND coalesce((
        SELECT first.turn > given.turn AND first.tenant = last.tenant
        FROM (SELECT tenant, turn FROM jobs WHERE ${READY} AND queue = given.queue ORDER BY tenant, turn, id LIMIT 1) AS first,
          (SELECT tenant FROM jobs WHERE ${READY} AND queue = given.queue ORDER BY tenant DESC, turn DESC, id DESC LIMIT 1) AS last
      ), true)
    RETURNING workers.provider_id
  ), job AS (
    INSERT INTO jobs (id, state, epoch, attempt_id, priority, name, labels, spec, stdin, sealed_secrets, created_at, state_changed_at, not_before, queue, tenant, concurrency_key, wait_until, submitted_by, request_hash)
    SELECT job_id, 'scheduled', epoch, attempt_id, priority, name, labels, spec::jsonb, $2, decode(sealed, 'base64'), submitted_at, submitted_at, not_before, queue, tenant, concurrency_key, wait_until, submitted_by, request_hash
    FROM given, worker
  ), attempt AS (${store('1')}), event AS (
    INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
    SELECT at, 'job.scheduled', job_id, NULL, NULL, ${SUBMISSION_FACTS}
    FROM given, worker
    UNION ALL ${BUSY}
  )
  SELECT number, provider_id FROM attempt`;

const BEGIN_ON_WORKER = `
  WITH given AS MATERIALIZED (
    SELECT * FROM json_to_record($1::json) AS g (${PLACEMENT})
  ), held AS (
    SELECT workers.id FROM workers, given WHERE ${IS_WAITING} FOR NO KEY UPDATE OF workers
  ), job AS (
    UPDATE jobs SET attempt_id = given.attempt_id FROM held, given
    WHERE jobs.id = given.job_id AND jobs.state = 'scheduled' AND jobs.epoch IS NOT DISTINCT FROM given.epoch
      AND jobs.attempt_id IS NULL AND jobs.cancel_requested_at IS NULL
    RETURNING held.id AS worker_id
  ), worker AS (
    UPDATE workers SET ${TAKEN} FROM job, given WHERE workers.id = job.worker_id RETURNING workers.provider_id
  ), attempt AS (
    ${store('(SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE attempts.job_id = given.job_id)')}
  ), event AS (
    INSERT INTO history (at, kind, job_id, worker_id, provider_id, data) ${BUSY}
  )
  SELECT number, provider_id FROM attempt`;

/** What the caller does not know yet. */
interface Placed {
  readonly number: number;
  readonly provider_id: string;
}

const toAttempt = (
  jobId: JobId,
  { attemptId, workerId, epoch, nonce, phases }: Placement,
  placed: Placed,
): Attempt => ({
  id: attemptId,
  jobId,
  workerId,
  providerId: parseProviderId(placed.provider_id),
  number: placed.number,
  epoch,
  nonce,
  phases: { ...phases },
  acknowledged: NO_OUTPUT,
  warnings: [],
});

/**
 * See `JobRepository.insertOnWorker`. One statement: the job, its attempt, its worker and what the history tells.
 * Nobody is told: of a job that was not there yet, nobody waits for anything but its beginning, of which all are told.
 */
export async function insertOnWorker(
  database: Database,
  wanted: Omit<NewJob, 'claimFor'>,
  placement: Placement,
): Promise<{ readonly job: Job; readonly attempt: Attempt } | undefined> {
  const { id, spec } = wanted;
  if ((spec.notBefore ?? wanted.at) > wanted.at) return undefined;
  const given = {
    ...INSERT_JOBS.toJson(wanted),
    submitted_at: timestamp(wanted.at),
    sealed: sealedAsText(wanted),
    concurrency_key: spec.concurrencyKey ?? null,
    turn: turnOf(wanted.at, spec.priority),
    ...placementAsJson(id, placement),
  };
  const values = [JSON.stringify(given), spec.stdin ?? null];
  const [placed] = await database.runPrepared<Placed>('hodei_place_new_job', PLACE_NEW_JOB, values);
  if (placed === undefined) return undefined;
  const job: Job = { ...INSERT_JOBS.toResult({ id }, wanted), state: 'scheduled', epoch: placement.epoch };
  return { job, attempt: toAttempt(id, placement, placed) };
}

/** See `AttemptRepository.beginOnWorker`. One statement; a second one only where nothing was begun. */
export async function beginOnWorker(
  database: Database,
  jobId: JobId,
  placement: Placement,
): Promise<Attempt | undefined> {
  const values = [JSON.stringify(placementAsJson(jobId, placement))];
  const [placed] = await database.runPrepared<Placed>('hodei_begin_on_worker', BEGIN_ON_WORKER, values);
  if (placed !== undefined) return toAttempt(jobId, placement, placed);
  const { epoch } = placement;
  const job = await readJobRow(database, jobId);
  const attempted = job.attempt_id === null ? '' : ', has an attempt that has not ended';
  const cancelled = job.cancel_requested_at === null ? '' : ', is to be cancelled';
  if (job.state === 'scheduled' && job.epoch === epoch && attempted === '' && cancelled === '') return undefined;
  throw refusal('job', jobId, job, epoch, `is ${job.state}${attempted}${cancelled}; no attempt can begin`);
}
