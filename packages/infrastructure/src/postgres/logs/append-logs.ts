import { sql } from 'kysely';
import { HodeiError, type LogRepository, type OutputChunk, type OutputStream } from '@hodei/domain';
import { announce } from '../announce.ts';
import type { Database } from '../connection/database.ts';
import { found, refusal } from '../refusal.ts';
import { timestamp } from '../rows/values.ts';

type Append = Parameters<LogRepository['append']>[0];

/** Postgres takes 65,535 parameters a statement, and a chunk has five. */
const MAX_CHUNKS = 10_000;

/**
 * See `LogRepository.append`. One statement: the offsets move on by compare-and-set, and with them the chunks
 * come in, as binary parameters.
 */
export async function appendLogs(database: Database, append: Append): Promise<void> {
  for (let begin = 0; begin === 0 || begin < append.chunks.length; begin += MAX_CHUNKS) {
    await appendBatch(database, { ...append, chunks: append.chunks.slice(begin, begin + MAX_CHUNKS) });
  }
}

async function appendBatch(database: Database, { attemptId, epoch, chunks }: Append): Promise<void> {
  const stdout = extent(chunks, 'stdout');
  const stderr = extent(chunks, 'stderr');
  const values = chunks
    .filter(({ bytes }) => bytes.length > 0)
    .map(
      ({ stream, offset, at, bytes }, index) =>
        sql`(${index}::int, ${stream}::text, ${offset}::bigint, ${timestamp(at)}::timestamptz, ${bytes}::bytea)`,
    );
  const insertion =
    values.length === 0
      ? sql``
      : sql`, chunk AS (
        INSERT INTO log_chunks (job_id, attempt_id, stream, start, at, bytes)
        SELECT job_id, ${attemptId}::uuid, stream, start, at, bytes
        FROM attempt, (VALUES ${sql.join(values)}) AS given (place, stream, start, at, bytes)
        ORDER BY place
      )`;
  const { rows } = await database.run((db) =>
    sql`
      WITH attempt AS (
        UPDATE attempts SET
          stdout_bytes = coalesce(${stdout?.end ?? null}::bigint, stdout_bytes),
          stderr_bytes = coalesce(${stderr?.end ?? null}::bigint, stderr_bytes)
        WHERE id = ${attemptId} AND epoch = ${epoch} AND outcome IS NULL
          AND stdout_bytes = coalesce(${stdout?.begin ?? null}::bigint, stdout_bytes)
          AND stderr_bytes = coalesce(${stderr?.begin ?? null}::bigint, stderr_bytes)
        RETURNING job_id
      ) ${insertion}
      SELECT ${announce('logs', 'attempt.job_id')} FROM attempt
    `.execute(db),
  );
  if (rows.length > 0) return;
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
  for (const { offset, bytes } of own) {
    if (offset !== end)
      throw new HodeiError(
        'conflict',
        `a chunk of ${stream} begins at ${offset}, but the one before it ends at ${end}`,
      );
    end += bytes.length;
  }
  return { begin, end };
}
