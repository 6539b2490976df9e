import { sql } from 'kysely';
import type { Job, JobId } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { found } from '../refusal.ts';
import { JOB_COLUMNS, toJob, type JobRow } from '../rows/job-row.ts';

/** The columns of a job, for `RETURNING`. */
export const RETURNED_JOB = sql.raw(JOB_COLUMNS.map((column) => `jobs.${column}`).join(', '));

const READ_JOB = `SELECT ${JOB_COLUMNS.join(', ')} FROM jobs WHERE id = $1`;

/** @throws HodeiError `not_found` */
export async function readJobRow(database: Database, id: JobId): Promise<JobRow> {
  const [row] = await database.runPrepared<JobRow>('hodei_read_job', READ_JOB, [id]);
  return found(row, 'job', id);
}

/** @throws HodeiError `not_found` */
export async function readJob(database: Database, id: JobId): Promise<Job> {
  return toJob(await readJobRow(database, id));
}
