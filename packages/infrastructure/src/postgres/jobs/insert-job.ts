import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { HodeiError, type Job, type JobId, type NewJob } from '@hodei/domain';
import { announceNewJob } from '../announce.ts';
import type { Batch } from '../batches/batch.ts';
import type { Database } from '../connection/database.ts';
import { fromSpec, toJob, toSpec, type JobRow } from '../rows/job-row.ts';
import { found } from '../refusal.ts';
import { timestamp } from '../rows/values.ts';
import { isPlain } from './insert-jobs.ts';
import { NEW_JOB_COLUMNS, newJobValues, submissionFacts } from './new-job-values.ts';
import { readJob, RETURNED_JOB } from './read-job.ts';

/** See `JobRepository.insert`. One statement; a second one only where the id exists. */
export async function insertJob(database: Database, insertions: Batch<NewJob, Job>, wanted: NewJob): Promise<Job> {
  const job = await (isPlain(wanted) ? insertions.call(wanted) : insertAlone(database, wanted));
  return job ?? readSame(database, wanted);
}

/**
 * The job that is there already under the id of one that was to be stored.
 * @throws HodeiError where it is not the same; see `JobRepository.insert`.
 */
export async function readSame(database: Database, wanted: NewJob): Promise<Job> {
  if (wanted.requestHash !== undefined) return replayed(database, wanted.id, wanted.requestHash);
  const { json, stdin } = fromSpec(wanted.spec);
  const stored = await readJob(database, wanted.id);
  if (isDeepStrictEqual(stored.spec, toSpec(JSON.parse(json), stdin))) return stored;
  throw new HodeiError('conflict', `job ${wanted.id} exists already, and asks for something else`);
}

async function insertAlone(database: Database, wanted: NewJob): Promise<Job | undefined> {
  const at = timestamp(wanted.at);
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH job AS (
        INSERT INTO jobs (${NEW_JOB_COLUMNS}) VALUES (${newJobValues(wanted)})
        ON CONFLICT (id) DO NOTHING
        RETURNING ${RETURNED_JOB}
      ), event AS (
        INSERT INTO history (at, kind, job_id, data) SELECT ${at}, 'job.' || state, id, ${submissionFacts(wanted)}::json FROM job
      )
      SELECT job.*, ${sql.raw(announceNewJob('job'))} FROM job
    `.execute(db),
  );
  const [row] = rows;
  return row && toJob(row);
}

/** @throws HodeiError `idempotency_key_reused` where the stored job was submitted by another request. */
async function replayed(database: Database, id: JobId, requestHash: string): Promise<Job> {
  const row = await database.run((db) =>
    db.selectFrom('jobs').select('request_hash').where('id', '=', id).executeTakeFirst(),
  );
  if (found(row, 'job', id).request_hash === requestHash) return readJob(database, id);
  throw new HodeiError('idempotency_key_reused', `job ${id} was submitted with this key, and asks for something else`);
}
