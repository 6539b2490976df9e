import { sql } from 'kysely';
import type { LogRepository, OutputStream, StoredOutput } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { found } from '../refusal.ts';
import { parseStream } from '../rows/log-row.ts';

interface Found {
  readonly job_bytes: number;
  readonly cut_off: readonly string[];
  readonly stdout: Uint8Array | null;
  readonly stderr: Uint8Array | null;
}

/** Of chunks as small as one byte, no more than these are looked at for the end of a stream. */
const MAX_CHUNKS = 2000;

/**
 * See `LogRepository.getStored`. The length of a value is known without reading it, and of the last ones only the end
 * is fetched.
 */
export async function getStored(
  database: Database,
  { attemptId, tailBytes }: Parameters<LogRepository['getStored']>[0],
): Promise<StoredOutput> {
  const tail = (stream: OutputStream) => sql`(
    SELECT string_agg(substring(bytes FROM greatest(1, octet_length(bytes) - ${tailBytes}::int + 1)), ''::bytea ORDER BY seq)
    FROM (
      SELECT bytes, seq, gap_reason, sum(octet_length(bytes)) OVER newest - octet_length(bytes) AS after,
             count(gap_reason) OVER newest AS gaps
      FROM (
        SELECT * FROM log_chunks c WHERE c.job_id = attempt.job_id AND c.attempt_id = attempt.id AND c.stream = ${stream}
        ORDER BY seq DESC LIMIT ${MAX_CHUNKS}
      ) AS last
      WINDOW newest AS (ORDER BY seq DESC)
    ) AS measured
    WHERE after < ${tailBytes} AND gaps = 0
  )`;
  const { rows } = await database.run((db) =>
    sql<Found>`
      SELECT
        (SELECT coalesce(sum(octet_length(bytes)), 0)::bigint FROM log_chunks c WHERE c.job_id = attempt.job_id) AS job_bytes,
        ARRAY(SELECT stream FROM log_chunks c WHERE c.attempt_id = attempt.id AND c.gap_reason = 'over_limit') AS cut_off,
        ${tail('stdout')} AS stdout, ${tail('stderr')} AS stderr
      FROM attempts AS attempt WHERE attempt.id = ${attemptId}
    `.execute(db),
  );
  const row = found(rows[0], 'attempt', attemptId);
  return {
    jobBytes: row.job_bytes,
    tails: { stdout: lastBytes(row.stdout, tailBytes), stderr: lastBytes(row.stderr, tailBytes) },
    cutOff: row.cut_off.map(parseStream),
  };
}

const lastBytes = (bytes: Uint8Array | null, most: number): Uint8Array =>
  bytes === null ? new Uint8Array(0) : new Uint8Array(bytes).subarray(Math.max(0, bytes.length - most));
