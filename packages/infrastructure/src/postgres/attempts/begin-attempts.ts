import { NO_OUTPUT, type Attempt, type NewAttempt } from '@hodei/domain';
import { givenAs, type BatchStatement } from '../batches/batch.ts';
import { timestamp } from '../rows/values.ts';

/**
 * See `AttemptRepository.begin`, for several jobs. It takes the jobs by their rows. The providers' rows are held
 * meanwhile, so that no provider is forgotten while it gets a worker. It returns what the caller does not know yet.
 *
 * An epoch is compared by IS NOT DISTINCT FROM: no index serves that. By `=`, the plan would look through all that the
 * instance owns for each row (`jobs_owned`), where the id alone finds it. No index mentions a state.
 */
export const BEGIN_ATTEMPTS: BatchStatement<NewAttempt, Begun, Attempt> = {
  name: 'hodei_begin_attempts',
  text: `
    WITH given AS MATERIALIZED (
      SELECT * FROM ${givenAs(`attempt_id uuid, job_id uuid, provider_id uuid, worker_id uuid, epoch bigint, image text,
        resources jsonb, nonce text, phases jsonb, at timestamptz, expires_at timestamptz`)}
    ), provider AS MATERIALIZED (
      SELECT id FROM providers WHERE id = ANY (ARRAY (SELECT provider_id FROM given)) FOR KEY SHARE
    ), held AS MATERIALIZED (
      SELECT given.* FROM jobs JOIN given ON jobs.id = given.job_id
      WHERE given.provider_id IN (SELECT id FROM provider)
      ORDER BY jobs.id FOR NO KEY UPDATE OF jobs
    ), job AS (
      UPDATE jobs SET attempt_id = held.attempt_id FROM held
      WHERE jobs.id = held.job_id AND jobs.state = 'scheduled' AND jobs.epoch IS NOT DISTINCT FROM held.epoch
        AND jobs.attempt_id IS NULL AND jobs.cancel_requested_at IS NULL
      RETURNING held.*, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE attempts.job_id = held.job_id) AS number
    ), worker AS (
      INSERT INTO workers (id, provider_id, state, epoch, image, resources, job_id, created_at, state_changed_at, expires_at)
      SELECT worker_id, provider_id, 'creating', epoch, image, resources, job_id, at, at, expires_at FROM job
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT at, 'worker.creating', job_id, worker_id, provider_id, '{}' FROM job ORDER BY place
    ), attempt AS (
      INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
      SELECT attempt_id, job_id, worker_id, provider_id, number, epoch, nonce, phases, '[]' FROM job
    )
    SELECT place, number FROM job`,
  keyOf: ({ jobId }) => jobId,
  toJson: ({ attemptId, jobId, providerId, worker, nonce, epoch, phases, at }) => ({
    attempt_id: attemptId,
    job_id: jobId,
    provider_id: providerId,
    worker_id: worker.workerId,
    epoch,
    image: worker.image,
    resources: worker.resources,
    nonce,
    phases,
    at: timestamp(at),
    expires_at: timestamp(worker.expiresAt),
  }),
  toResult: ({ number }, { attemptId, jobId, providerId, worker, nonce, epoch, phases }) => ({
    id: attemptId,
    jobId,
    workerId: worker.workerId,
    providerId,
    number,
    epoch,
    nonce,
    phases: { ...phases },
    acknowledged: NO_OUTPUT,
    warnings: [],
  }),
};

interface Begun {
  readonly place: number;
  readonly number: number;
}
