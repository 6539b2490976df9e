import type { Attempt, NewAttempt, ProviderId } from '@hodei/domain';
import type { Batch } from '../batches/batch.ts';
import type { Database } from '../connection/database.ts';
import { readJobRow } from '../jobs/read-job.ts';
import { notFound, refusal } from '../refusal.ts';

const hasProvider = async (database: Database, id: ProviderId): Promise<boolean> =>
  (await database.run((db) => db.selectFrom('providers').select('id').where('id', '=', id).executeTakeFirst())) !==
  undefined;

/** See `AttemptRepository.begin`. Another statement only where it is refused. */
export async function beginAttempt(
  database: Database,
  beginnings: Batch<NewAttempt, Attempt>,
  wanted: NewAttempt,
): Promise<Attempt> {
  const attempt = await beginnings.call(wanted);
  if (attempt !== undefined) return attempt;
  const { jobId, epoch, providerId } = wanted;
  const job = await readJobRow(database, jobId);
  const attempted = job.attempt_id === null ? '' : ', has an attempt that has not ended';
  const cancelled = job.cancel_requested_at === null ? '' : ', is to be cancelled';
  const refused = refusal('job', jobId, job, epoch, `is ${job.state}${attempted}${cancelled}; no attempt can begin`);
  // Nothing speaks against it: then the provider is missing, or the job became ours only after the statement had looked.
  const isOurs = refused.code === 'conflict' && job.state === 'scheduled' && attempted === '' && cancelled === '';
  if (isOurs && !(await hasProvider(database, providerId))) throw notFound('provider', providerId);
  throw refused;
}
