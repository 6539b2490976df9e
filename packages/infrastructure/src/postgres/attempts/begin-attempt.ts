import { sql } from 'kysely';
import type { Attempt, NewAttempt, ProviderId } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { readJobRow } from '../jobs/read-job.ts';
import { notFound, refusal } from '../refusal.ts';
import { toAttempt, type AttemptRow } from '../rows/attempt-row.ts';
import { timestamp } from '../rows/values.ts';

const hasProvider = async (database: Database, id: ProviderId): Promise<boolean> =>
  (await database.run((db) => db.selectFrom('providers').select('id').where('id', '=', id).executeTakeFirst())) !==
  undefined;

/**
 * See `AttemptRepository.begin`. One statement, which takes the job by its row. The provider's row is held
 * meanwhile, so that no provider is forgotten while it gets a worker.
 */
export async function beginAttempt(database: Database, wanted: NewAttempt): Promise<Attempt> {
  const { attemptId, jobId, providerId, epoch, worker } = wanted;
  const at = timestamp(wanted.at);
  const { rows } = await database.run((db) =>
    sql<AttemptRow>`
      WITH provider AS (
        SELECT id FROM providers WHERE id = ${providerId} FOR KEY SHARE
      ), job AS (
        UPDATE jobs SET attempt_id = ${attemptId} FROM provider
        WHERE jobs.id = ${jobId} AND state = 'scheduled' AND epoch = ${epoch} AND attempt_id IS NULL AND cancel_requested_at IS NULL
        RETURNING jobs.id
      ), worker AS (
        INSERT INTO workers (id, provider_id, state, epoch, image, resources, job_id, created_at, state_changed_at, expires_at)
        SELECT ${worker.workerId}::uuid, ${providerId}::uuid, 'creating', ${epoch}::bigint, ${worker.image},
               ${JSON.stringify(worker.resources)}::jsonb, id, ${at}, ${at}, ${timestamp(worker.expiresAt)}
        FROM job
        RETURNING id, job_id, provider_id
      ), event AS (
        INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
        SELECT ${at}, 'worker.creating', job_id, id, provider_id, '{}' FROM worker
      )
      INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings)
      SELECT ${attemptId}::uuid, job_id, id, provider_id,
             (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE job_id = ${jobId}),
             ${epoch}::bigint, ${wanted.nonce}, ${JSON.stringify(wanted.phases)}::jsonb, '[]'
      FROM worker
      RETURNING *
    `.execute(db),
  );
  const [row] = rows;
  if (row !== undefined) return toAttempt(row);
  const job = await readJobRow(database, jobId);
  const attempted = job.attempt_id === null ? '' : ', has an attempt that has not ended';
  const cancelled = job.cancel_requested_at === null ? '' : ', is to be cancelled';
  const refused = refusal('job', jobId, job, epoch, `is ${job.state}${attempted}${cancelled}; no attempt can begin`);
  // Nothing speaks against it: then the provider is missing, or the job became ours only after the statement had looked.
  const isOurs = refused.code === 'conflict' && job.state === 'scheduled' && attempted === '' && cancelled === '';
  if (isOurs && !(await hasProvider(database, providerId))) throw notFound('provider', providerId);
  throw refused;
}
