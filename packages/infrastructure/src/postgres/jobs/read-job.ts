import { sql } from 'kysely';
import type { Job, JobId } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { found } from '../refusal.ts';
import { JOB_COLUMNS, toJob, type JobRow } from '../rows/job-row.ts';

/** The columns of a job, for `RETURNING`. */
export const RETURNED_JOB = sql.raw(JOB_COLUMNS.map((column) => `jobs.${column}`).join(', '));

/** @throws HodeiError `not_found` */
export async function readJobRow(database: Database, id: JobId): Promise<JobRow> {
  const row = await database.run((db) =>
    db.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', id).executeTakeFirst(),
  );
  return found(row, 'job', id);
}

/** @throws HodeiError `not_found` */
export async function readJob(database: Database, id: JobId): Promise<Job> {
  return toJob(await readJobRow(database, id));
}
