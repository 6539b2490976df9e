import type { Attempt, NewAttempt } from '@hodei/domain';
import { givenAs, type BatchStatement } from '../batches/batch.ts';
import { toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { timestamp } from '../rows/values.ts';

/**
 * See `AttemptRepository.begin`, for several jobs. It takes the jobs by their rows. The providers' rows are held
 * meanwhile, so that no provider is forgotten while it gets a worker.
 */
export const BEGIN_ATTEMPTS: BatchStatement<NewAttempt, AttemptRow, Attempt> = {
  name: 'hodei_begin_attempts',
  text: `
    WITH given AS MATERIALIZED (
      SELECT * FROM ${givenAs(`attempt_id uuid, job_id uuid, provider_id uuid, worker_id uuid, epoch bigint, image text,
        resources jsonb, nonce text, phases jsonb, at timestamptz, expires_at timestamptz`)}
    ), provider AS MATERIALIZED (
      SELECT id FROM providers WHERE id = ANY (ARRAY (SELECT provider_id FROM given)) FOR KEY SHARE
    ), held AS MATERIALIZED (
      SELECT given.* FROM jobs JOIN given ON jobs.id = given.job_id AND jobs.epoch = given.epoch
      WHERE given.provider_id IN (SELECT id FROM provider)
      ORDER BY jobs.id FOR NO KEY UPDATE OF jobs
    ), job AS (
      UPDATE jobs SET attempt_id = held.attempt_id FROM held
      WHERE jobs.id = held.job_id AND jobs.state = 'scheduled' AND jobs.epoch = held.epoch
        AND jobs.attempt_id IS NULL AND jobs.cancel_requested_at IS NULL
      RETURNING held.*
    ), worker AS (
      INSERT INTO workers (id, provider_id, state, epoch, image, resources, job_id, created_at, state_changed_at, expires_at)
      SELECT worker_id, provider_id, 'creating', epoch, image, resources, job_id, at, at, expires_at FROM job
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT at, 'worker.creating', job_id, worker_id, provider_id, '{}' FROM job ORDER BY place
    ), attempt AS (
      INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
      SELECT attempt_id, job_id, worker_id, provider_id,
             (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE attempts.job_id = job.job_id),
             epoch, nonce, phases, '[]' FROM job
      RETURNING *
    )
    SELECT attempt.*, given.place FROM attempt JOIN given ON attempt.id = given.attempt_id`,
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
  toResult: toAttempt,
};
