import { sql } from 'kysely';
import type { LogRecord, LogRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { LOG_COLUMNS, toLogRecord, type LogRow } from '../rows/log-row.ts';
import { timestamp } from '../rows/values.ts';

/** However small they are, no more chunks than these are read at once. */
const MAX_RECORDS = 2000;

/**
 * See `LogRepository.read`. The length of a value is known without reading it, so only the chunks that are
 * given back are fetched from where Postgres keeps large values.
 */
export async function readLogs(
  database: Database,
  query: Parameters<LogRepository['read']>[0],
): Promise<readonly LogRecord[]> {
  const { jobId, afterSeq, maxBytes, stream, since } = query;
  const ofStream = stream === undefined ? sql`` : sql`AND stream = ${stream}`;
  const sinceThen = since === undefined ? sql`` : sql`AND at >= ${timestamp(since)}`;
  const { rows } = await database.run((db) =>
    sql<LogRow>`
      SELECT ${LOG_COLUMNS}
      FROM (
        SELECT *, sum(octet_length(bytes)) OVER (ORDER BY seq) - octet_length(bytes) AS before
        FROM (
          SELECT * FROM log_chunks WHERE job_id = ${jobId} AND seq > ${afterSeq} ${ofStream} ${sinceThen} ORDER BY seq LIMIT ${MAX_RECORDS}
        ) AS next
      ) AS chunk
      WHERE before < ${Math.max(1, maxBytes)}
      ORDER BY seq
    `.execute(db),
  );
  return rows.map(toLogRecord);
}
