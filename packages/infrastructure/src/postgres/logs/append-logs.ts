import { sql, type RawBuilder } from 'kysely';
import {
  endOfChunk,
  HodeiError,
  parseJobId,
  type AttemptId,
  type JobId,
  type LogRepository,
  type OutputChunk,
  type OutputStream,
} from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { found, refusal } from '../refusal.ts';
import { timestamp } from '../rows/values.ts';
import type { LogAnnouncer } from './log-announcer.ts';

type Append = Parameters<LogRepository['append']>[0];

interface Appended {
  readonly jobId: JobId;
  readonly seqs: readonly number[];
}

/** Postgres takes 65,535 parameters a statement, and a chunk has up to seven. */
const MAX_CHUNKS = 9_000;

/**
 * See `LogRepository.append`. One statement: the offsets move on by compare-and-set, and with them the chunks
 * come in, as binary parameters.
 */
export async function appendLogs(
  database: Database,
  announcer: LogAnnouncer,
  append: Append,
): Promise<readonly number[]> {
  const seqs: number[] = [];
  for (let begin = 0; begin === 0 || begin < append.chunks.length; begin += MAX_CHUNKS) {
    const stored = await appendBatch(database, { ...append, chunks: append.chunks.slice(begin, begin + MAX_CHUNKS) });
    seqs.push(...stored.seqs);
    announcer.tell(stored.jobId);
  }
  return seqs;
}

async function appendBatch(database: Database, { attemptId, epoch, chunks }: Append): Promise<Appended> {
  const stdout = extent(chunks, 'stdout');
  const stderr = extent(chunks, 'stderr');
  const insertion = insertionOf(attemptId, chunks);
  // Output mostly comes in few chunks; the text only depends on how many.
  const rows = await database.runOften(
    sql<{ readonly job_id: string; readonly seqs: readonly number[] | null }>`
      WITH attempt AS (
        UPDATE attempts SET
          stdout_bytes = coalesce(${stdout?.end ?? null}::bigint, stdout_bytes),
          stderr_bytes = coalesce(${stderr?.end ?? null}::bigint, stderr_bytes)
        WHERE id = ${attemptId} AND epoch = ${epoch} AND outcome IS NULL
          AND stdout_bytes = coalesce(${stdout?.begin ?? null}::bigint, stdout_bytes)
          AND stderr_bytes = coalesce(${stderr?.begin ?? null}::bigint, stderr_bytes)
        RETURNING job_id
      ) ${insertion}
      SELECT job_id, ${insertion === NO_RECORDS ? sql`NULL` : sql`(SELECT json_agg(seq ORDER BY seq) FROM chunk)`} AS seqs FROM attempt
    `,
  );
  const [stored] = rows;
  if (stored !== undefined) return { jobId: parseJobId(stored.job_id), seqs: stored.seqs ?? [] };
  const row = await database.run((db) =>
    db.selectFrom('attempts').selectAll().where('id', '=', attemptId).executeTakeFirst(),
  );
  const now = found(row, 'attempt', attemptId);
  const ended = now.outcome === null ? '' : ', and it has ended';
  throw refusal(
    'attempt',
    attemptId,
    now,
    epoch,
    `is acknowledged up to ${now.stdout_bytes} and ${now.stderr_bytes} bytes of stdout and stderr${ended}`,
  );
}

const NO_RECORDS = sql``;

/** Output without a gap, which is nearly all there is, needs no columns for one. */
function insertionOf(attemptId: AttemptId, chunks: readonly OutputChunk[]): RawBuilder<unknown> {
  const records = chunks.filter(({ bytes, gap }) => bytes.length > 0 || gap !== undefined);
  if (records.length === 0) return NO_RECORDS;
  const hasGaps = records.some(({ gap }) => gap !== undefined);
  const columns = hasGaps ? sql`stream, start, at, bytes, gap_reason, gap_bytes` : sql`stream, start, at, bytes`;
  const values = records.map(({ stream, offset, at, bytes, gap }, index) => {
    const row = sql`${index}::int, ${stream}::text, ${offset}::bigint, ${timestamp(at)}::timestamptz, ${bytes}::bytea`;
    if (!hasGaps) return sql`(${row})`;
    const lostBytes = gap?.reason === 'over_limit' ? null : (gap?.lostBytes ?? null);
    return sql`(${row}, ${gap?.reason ?? null}::text, ${lostBytes}::bigint)`;
  });
  return sql`, chunk AS (
    INSERT INTO log_chunks (job_id, attempt_id, ${columns})
    SELECT job_id, ${attemptId}::uuid, ${columns} FROM attempt, (VALUES ${sql.join(values)}) AS given (place, ${columns})
    ORDER BY place
    ${hasGaps ? sql`ON CONFLICT DO NOTHING` : sql``}
    RETURNING seq
  )`;
}

/**
 * From where to where the chunks of a stream reach; absent where there are none.
 * @throws HodeiError `conflict` where they have gaps among themselves.
 */
function extent(
  chunks: readonly OutputChunk[],
  stream: OutputStream,
): { readonly begin: number; readonly end: number } | undefined {
  const own = chunks.filter((chunk) => chunk.stream === stream);
  const begin = own[0]?.offset;
  if (begin === undefined) return undefined;
  let end = begin;
  for (const chunk of own) {
    if (chunk.offset !== end)
      throw new HodeiError(
        'conflict',
        `a chunk of ${stream} begins at ${chunk.offset}, but the one before it ends at ${end}`,
      );
    end = endOfChunk(chunk);
  }
  return { begin, end };
}
