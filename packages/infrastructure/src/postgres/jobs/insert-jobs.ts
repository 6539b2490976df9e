import { dueAtOf, waitUntilOf, type Job, type NewJob } from '@hodei/domain';
import { announceNewJob } from '../announce.ts';
import { givenAs, type BatchStatement } from '../batches/batch.ts';
import { fromSpec } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';

/** Whether a job is one of those that {@link INSERT_JOBS} takes: it waits, nothing counts it, and it has no bytes. */
export const isPlain = ({ claimFor, sealedSecrets, spec }: NewJob): boolean =>
  claimFor === undefined &&
  sealedSecrets === undefined &&
  spec.stdin === undefined &&
  spec.concurrencyKey === undefined;

/** What the history tells of a new job, whose row or parameter has `submitted_by`. */
export const SUBMISSION_FACTS = `CASE WHEN submitted_by IS NULL THEN '{}' ELSE json_build_object('by', submitted_by) END`;

/** Sealed secrets within JSON: `decode` makes bytes of it again. */
export const sealedAsText = ({ sealedSecrets }: Pick<NewJob, 'sealedSecrets'>): string | null =>
  sealedSecrets === undefined ? null : Buffer.from(sealedSecrets).toString('base64');

/** See `JobRepository.insert`, for several jobs that are {@link isPlain}: what nearly all are. */
export const INSERT_JOBS: BatchStatement<NewJob, { readonly id: string }, Job> = {
  name: 'hodei_insert_jobs',
  text: `
    WITH given AS MATERIALIZED (
      SELECT * FROM ${givenAs(`id uuid, priority integer, name text, labels jsonb, spec text, at timestamptz,
        not_before timestamptz, queue text, tenant text, wait_until timestamptz, deferred boolean,
        submitted_by text, request_hash text`)}
    ), job AS (
      INSERT INTO jobs (id, state, priority, name, labels, spec, created_at, state_changed_at, not_before, queue, tenant, wait_until, deferred, submitted_by, request_hash)
      SELECT id, 'pending', priority, name, labels, spec::jsonb, at, at, not_before, queue, tenant, wait_until, deferred, submitted_by, request_hash FROM given
      ON CONFLICT (id) DO NOTHING
      RETURNING id, state, created_at, not_before, submitted_by
    ), event AS (
      INSERT INTO history (at, kind, job_id, data)
      SELECT created_at, 'job.pending', id, ${SUBMISSION_FACTS}
      FROM job
    )
    SELECT id, ${announceNewJob('job')} FROM job`,
  keyOf: ({ id }) => id,
  toJson: ({ id, spec, at, by, requestHash }) => {
    const dueAt = dueAtOf(spec, at);
    const waitUntil = waitUntilOf(spec, at);
    return {
      id,
      priority: spec.priority,
      name: spec.name ?? null,
      labels: spec.labels,
      spec: fromSpec(spec).json,
      at: timestamp(at),
      not_before: timestamp(dueAt),
      queue: spec.queue,
      tenant: spec.tenant ?? '',
      wait_until: waitUntil === undefined ? null : timestamp(waitUntil),
      deferred: dueAt > at,
      submitted_by: by ?? null,
      request_hash: requestHash ?? null,
    };
  },
  rowKey: ({ id }) => id,
  toResult: (_, { id, spec, at, by }) => ({
    id,
    spec,
    state: 'pending',
    createdAt: at,
    stateChangedAt: at,
    notBefore: dueAtOf(spec, at),
    ...(by === undefined ? {} : { submittedBy: by }),
  }),
};
