import { EVERY_JOB, type Attempt, type Job, type NewAttempt, type NewJob } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import { givenAs, type BatchStatement } from '../batches/batch.ts';
import { BEGIN_ATTEMPTS } from '../attempts/begin-attempts.ts';
import { timestamp } from '../rows/values.ts';
import { INSERT_JOBS, sealedAsText, SUBMISSION_FACTS } from './insert-jobs.ts';
import { HOLDS_BACK, READY } from './placement.ts';

/** A new job, and the attempt that is to begin with it. */
export interface NewBegun {
  readonly job: Omit<NewJob, 'claimFor'>;
  readonly attempt: Omit<NewAttempt, 'jobId'>;
}

/** What became of it. */
export interface StoredBegun {
  readonly job: Job;
  readonly attempt?: Attempt;
}

/**
 * See `JobRepository.insertBegun`, for several jobs. Where one job is ready, whoever's and in whatever queue, all are
 * stored as pending: what goes before what is for a claim to say. Whether one is ready is read off the beginning of an
 * index. The trigger for room counts the workers.
 */
export const INSERT_BEGUN: BatchStatement<NewBegun, { readonly id: string; readonly begins: boolean }, StoredBegun> = {
  name: 'hodei_insert_begun',
  text: `
    WITH given AS MATERIALIZED (
      SELECT * FROM ${givenAs(`id uuid, priority integer, name text, labels jsonb, spec text, sealed text, at timestamptz,
        not_before timestamptz, queue text, tenant text, wait_until timestamptz, submitted_by text, request_hash text,
        attempt_id uuid, provider_id uuid, worker_id uuid, epoch bigint, image text, resources jsonb, nonce text, phases jsonb,
        begun_at timestamptz, expires_at timestamptz`)}
    ), provider AS MATERIALIZED (
      SELECT id FROM providers WHERE id = ANY (ARRAY (SELECT provider_id FROM given)) FOR KEY SHARE
    ), seen AS MATERIALIZED (
      SELECT (SELECT id FROM jobs WHERE ${READY} ORDER BY queue, tenant, turn, id LIMIT 1) IS NULL
        AND NOT EXISTS (SELECT FROM key_limits WHERE key = '${EVERY_JOB}') AS open
    ), wanted AS MATERIALIZED (
      SELECT given.*, open AND provider_id IN (SELECT id FROM provider)
        AND NOT EXISTS (SELECT FROM queues WHERE name = given.queue AND ${HOLDS_BACK}) AS begins
      FROM given, seen
    ), job AS (
      INSERT INTO jobs (id, state, epoch, attempt_id, priority, name, labels, spec, sealed_secrets, created_at, state_changed_at, not_before, queue, tenant, wait_until, deferred, submitted_by, request_hash)
      SELECT id, CASE WHEN begins THEN 'scheduled' ELSE 'pending' END, CASE WHEN begins THEN epoch END, CASE WHEN begins THEN attempt_id END,
        priority, name, labels, spec::jsonb, decode(sealed, 'base64'), at, at, not_before, queue, tenant, wait_until, false, submitted_by, request_hash FROM wanted
      ON CONFLICT (id) DO NOTHING
      RETURNING id, state, created_at, submitted_by, epoch IS NOT NULL AS begins
    ), begun AS MATERIALIZED (
      SELECT wanted.* FROM wanted JOIN job USING (id) WHERE wanted.begins
    ), worker AS (
      INSERT INTO workers (id, provider_id, state, epoch, image, resources, job_id, created_at, state_changed_at, expires_at)
      SELECT worker_id, provider_id, 'creating', epoch, image, resources, id, begun_at, begun_at, expires_at FROM begun
    ), attempt AS (
      INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
      SELECT attempt_id, id, worker_id, provider_id, 1, epoch, nonce, phases, '[]' FROM begun
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT created_at, 'job.' || state, id, NULL, NULL, ${SUBMISSION_FACTS}
      FROM job
      UNION ALL
      SELECT begun_at, 'worker.creating', id, worker_id, provider_id, '{}' FROM begun
    )
    SELECT id, begins, ${announceJob('job')} FROM job`,
  keyOf: ({ job }) => job.id,
  toJson: ({ job, attempt }) => ({
    ...BEGIN_ATTEMPTS.toJson({ ...attempt, jobId: job.id }),
    ...INSERT_JOBS.toJson(job),
    begun_at: timestamp(attempt.at),
    sealed: sealedAsText(job),
  }),
  rowKey: ({ id }) => id,
  toResult: ({ begins, ...row }, { job, attempt }) => {
    const pending = INSERT_JOBS.toResult(row, job);
    if (!begins) return { job: pending };
    const begun = BEGIN_ATTEMPTS.toResult({ place: 0, number: 1 }, { ...attempt, jobId: job.id });
    return { job: { ...pending, state: 'scheduled', epoch: attempt.epoch }, attempt: begun };
  },
};
