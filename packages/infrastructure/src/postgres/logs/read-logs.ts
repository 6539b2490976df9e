import { sql } from 'kysely';
import { HodeiError, parseAttemptId, type LogRecord, type LogRepository, type OutputStream } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { plainBytes, timestamp } from '../rows/values.ts';

/** However small they are, no more chunks than these are read at once. */
const MAX_RECORDS = 2000;

interface ChunkRow {
  readonly attempt_id: string;
  readonly seq: number;
  readonly stream: string;
  readonly start: number;
  readonly at: number;
  readonly bytes: Uint8Array;
}

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
    sql<ChunkRow>`
      SELECT attempt_id, seq, stream, start, at, bytes
      FROM (
        SELECT *, sum(octet_length(bytes)) OVER (ORDER BY seq) - octet_length(bytes) AS before
        FROM (
          SELECT * FROM log_chunks WHERE job_id = ${jobId} AND seq > ${afterSeq} ${ofStream} ${sinceThen} ORDER BY seq LIMIT ${MAX_RECORDS}
        ) AS next
      ) AS measured
      WHERE before < ${Math.max(1, maxBytes)}
      ORDER BY seq
    `.execute(db),
  );
  return rows.map(({ attempt_id: attemptId, seq, start, at, bytes, ...row }) => ({
    attemptId: parseAttemptId(attemptId),
    seq,
    stream: parseStream(row.stream),
    offset: start,
    at,
    bytes: plainBytes(bytes),
  }));
}

function parseStream(text: string): OutputStream {
  if (text === 'stdout' || text === 'stderr') return text;
  throw new HodeiError('unknown_value', `"${text}" is no stream; known are stdout and stderr`);
}
