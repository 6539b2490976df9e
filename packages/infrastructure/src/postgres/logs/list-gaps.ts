import { sql } from 'kysely';
import type { JobId, LogRecord } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { LOG_COLUMNS, toLogRecord, type LogRow } from '../rows/log-row.ts';

/** See `LogRepository.listGaps`. */
export async function listGaps(database: Database, jobId: JobId): Promise<readonly LogRecord[]> {
  const { rows } = await database.run((db) =>
    sql<LogRow>`
      SELECT ${LOG_COLUMNS} FROM log_chunks AS chunk WHERE job_id = ${jobId} AND gap_reason IS NOT NULL ORDER BY seq
    `.execute(db),
  );
  return rows.map(toLogRecord);
}
