import { sql } from 'kysely';
import {
  HodeiError,
  parseAttemptId,
  parseGapReason,
  type LogRecord,
  type OutputGap,
  type OutputStream,
} from '@hodei/domain';
import { plainBytes } from './values.ts';

/** A record of the output as the database gives it. */
export interface LogRow {
  readonly attempt_id: string;
  readonly seq: number;
  readonly stream: string;
  readonly start: number;
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly gap_reason: string | null;
  readonly gap_bytes: number | null;
}

/** The columns of a {@link LogRow}, of a relation that is called `chunk`. A stream that was cut off is lost up to now. */
export const LOG_COLUMNS = sql`
  chunk.attempt_id, chunk.seq, chunk.stream, chunk.start, chunk.at, chunk.bytes, chunk.gap_reason,
  CASE chunk.gap_reason WHEN 'over_limit' THEN (
    SELECT CASE chunk.stream WHEN 'stdout' THEN a.stdout_bytes ELSE a.stderr_bytes END - chunk.start
    FROM attempts a WHERE a.id = chunk.attempt_id
  ) ELSE chunk.gap_bytes END AS gap_bytes`;

/** @throws HodeiError `unknown_value` for a stream or a reason that this version does not know. */
export const toLogRecord = (row: LogRow): LogRecord => ({
  attemptId: parseAttemptId(row.attempt_id),
  seq: row.seq,
  stream: parseStream(row.stream),
  offset: row.start,
  at: row.at,
  bytes: plainBytes(row.bytes),
  ...(row.gap_reason === null ? {} : { gap: toGap(row.gap_reason, row.gap_bytes) }),
});

function toGap(text: string, lostBytes: number | null): OutputGap {
  const reason = parseGapReason(text);
  return lostBytes === null ? { reason } : { reason, lostBytes };
}

/** @throws HodeiError `unknown_value` */
export function parseStream(text: string): OutputStream {
  if (text === 'stdout' || text === 'stderr') return text;
  throw new HodeiError('unknown_value', `"${text}" is no stream; known are stdout and stderr`);
}
