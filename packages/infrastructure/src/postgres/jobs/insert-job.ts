import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { HodeiError, type Job, type NewJob } from '@hodei/domain';
import { announce } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { fromSpec, toJob, toSpec, type JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { readJob, RETURNED_JOB } from './read-job.ts';

/** See `JobRepository.insert`. One statement; a second one only where the id exists. */
export async function insertJob(database: Database, wanted: NewJob): Promise<Job> {
  const { id, spec, claimFor = null, sealedSecrets = null } = wanted;
  const at = timestamp(wanted.at);
  const { json, stdin } = fromSpec(spec);
  const state = claimFor === null ? 'pending' : 'scheduled';
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH job AS (
        INSERT INTO jobs (id, state, epoch, priority, name, labels, spec, stdin, sealed_secrets, created_at, state_changed_at, not_before)
        VALUES (${id}, ${state}, ${claimFor}, ${spec.priority}, ${spec.name ?? null}, ${JSON.stringify(spec.labels)}, ${json}, ${stdin},
                ${sealedSecrets}, ${at}, ${at}, ${at})
        ON CONFLICT (id) DO NOTHING
        RETURNING ${RETURNED_JOB}
      ), event AS (
        INSERT INTO history (at, kind, job_id, data) SELECT ${at}, ${`job.${state}`}, id, '{}' FROM job
      )
      SELECT job.*, ${announce('job', 'job.id')} FROM job
    `.execute(db),
  );
  const [row] = rows;
  if (row !== undefined) return toJob(row);
  const stored = await readJob(database, id);
  if (isDeepStrictEqual(stored.spec, toSpec(JSON.parse(json), stdin))) return stored;
  throw new HodeiError('conflict', `job ${id} exists already, and asks for something else`);
}
