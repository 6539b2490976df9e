import { sql, type RawBuilder } from 'kysely';
import { transitionJob, type EpochMs, type Job, type JobId, type JobRepository, type ProviderId } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { refusal } from '../refusal.ts';
import { toJob, type JobRow } from '../rows/job-row.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { readJobRow, RETURNED_JOB } from './read-job.ts';

/** See `JobRepository.release`. One statement; a second one only where it is refused. */
export async function releaseJob(database: Database, release: Parameters<JobRepository['release']>[0]): Promise<Job> {
  const { jobId, epoch, to } = release;
  const at = timestamp(release.at);
  const state = transitionJob('scheduled', to.state);
  const outcome = to.state === 'pending' ? undefined : to.outcome;
  const change =
    to.state === 'pending'
      ? sql`not_before = ${timestamp(to.notBefore)}, deferred = ${to.notBefore > release.at},
          refusal = ${to.refusal === undefined ? null : JSON.stringify(to.refusal)}::json`
      : sql`finished_at = ${at}, outcome = ${JSON.stringify(to.outcome)}, sealed_secrets = NULL`;
  const unlessCancelled = to.state === 'pending' ? sql`AND cancel_requested_at IS NULL` : sql``;
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH job AS (
        UPDATE jobs SET state = ${state}, epoch = NULL, state_changed_at = ${at}, ${change}
        WHERE id = ${jobId} AND state = 'scheduled' AND epoch = ${epoch} AND attempt_id IS NULL ${unlessCancelled}
        RETURNING ${RETURNED_JOB}
      ), ${to.state === 'pending' && to.setAside !== undefined ? keepRoom(jobId, to.setAside, at) : sql``} event AS (
        INSERT INTO history (at, kind, job_id, data) SELECT ${at}, ${`job.${state}`}, id, ${outcomeFacts(outcome)}::json FROM job
      )
      SELECT job.*, ${sql.raw(announceJob('job'))} FROM job
    `.execute(db),
  );
  const [row] = rows;
  if (row !== undefined) return toJob(row);
  const now = await readJobRow(database, jobId);
  const attempted = now.attempt_id === null ? '' : ', has an attempt that has not ended';
  const cancelled = now.cancel_requested_at === null ? '' : ', is to be cancelled';
  throw refusal(
    'job',
    jobId,
    now,
    epoch,
    `is ${now.state}${attempted}${cancelled}; it can't be given back as ${state}`,
  );
}

/** Keeps room for the job of the CTE `job`; see domain's `setAsideUntil`. What is kept for others stays where they come first. */
const keepRoom = (
  jobId: JobId,
  { providerId, until }: { readonly providerId: ProviderId; readonly until: EpochMs },
  at: Date,
): RawBuilder<unknown> => sql`
  elsewhere AS (
    DELETE FROM set_aside WHERE job_id = ${jobId} AND provider_id <> ${providerId}
  ), kept AS (
    INSERT INTO set_aside (provider_id, job_id, until) SELECT ${providerId}::uuid, id, ${timestamp(until)}::timestamptz FROM job
    ON CONFLICT (provider_id) DO UPDATE SET job_id = excluded.job_id, until = excluded.until
    WHERE set_aside.until <= ${at} OR set_aside.job_id = excluded.job_id OR NOT EXISTS (
      SELECT FROM jobs AS other
      WHERE other.id = set_aside.job_id AND other.state IN ('pending', 'scheduled') AND other.attempt_id IS NULL
        AND other.turn <= (SELECT turn FROM jobs WHERE id = ${jobId})
    )
  ),`;
