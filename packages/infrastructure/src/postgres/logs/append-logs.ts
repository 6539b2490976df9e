import {
  endOfChunk,
  HodeiError,
  parseJobId,
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
  const [stdout, stderr] = [extent(chunks, 'stdout'), extent(chunks, 'stderr')];
  const records = chunks.filter(({ bytes, gap }) => bytes.length > 0 || gap !== undefined);
  const columns = records.some(({ gap }) => gap !== undefined) ? WITH_GAPS : WITHOUT_GAPS;
  const values = [attemptId, epoch, stdout?.begin, stdout?.end, stderr?.begin, stderr?.end];
  const given = records.map((record) => columns.map(({ of }) => of(record)));
  // Output mostly comes in few chunks; the text only depends on how many.
  const text = textOf(records.length, columns);
  const rows = await database.runOftenText<{ readonly job_id: string; readonly seqs: readonly number[] | null }>(
    text,
    [values, ...given].flat(),
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

interface Column {
  readonly name: string;
  readonly type: string;
  readonly of: (chunk: OutputChunk) => unknown;
}

/** Output without a gap, which is nearly all there is, needs no columns for one. */
const WITHOUT_GAPS: readonly Column[] = [
  { name: 'stream', type: 'text', of: ({ stream }) => stream },
  { name: 'start', type: 'bigint', of: ({ offset }) => offset },
  { name: 'at', type: 'timestamptz', of: ({ at }) => timestamp(at) },
  { name: 'bytes', type: 'bytea', of: ({ bytes }) => bytes },
];
const WITH_GAPS: readonly Column[] = [
  ...WITHOUT_GAPS,
  { name: 'gap_reason', type: 'text', of: ({ gap }) => gap?.reason },
  { name: 'gap_bytes', type: 'bigint', of: ({ gap }) => (gap?.reason === 'over_limit' ? null : gap?.lostBytes) },
];

/** Its parameters: the attempt, its epoch, from where to where stdout and stderr reach, and the columns of each record. */
function textOf(records: number, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => name).join(', ');
  const rows = Array.from({ length: records }, (_, place) => {
    const first = 7 + place * columns.length;
    return `(${place}, ${columns.map(({ type }, index) => `$${first + index}::${type}`).join(', ')})`;
  });
  const insertion = `, chunk AS (
    INSERT INTO log_chunks (job_id, attempt_id, ${names})
    SELECT job_id, $1::uuid, ${names} FROM attempt, (VALUES ${rows.join(', ')}) AS given (place, ${names})
    ORDER BY place
    ${columns === WITH_GAPS ? 'ON CONFLICT DO NOTHING' : ''}
    RETURNING seq
  )`;
  return `
    WITH attempt AS (
      UPDATE attempts SET stdout_bytes = coalesce($4::bigint, stdout_bytes), stderr_bytes = coalesce($6::bigint, stderr_bytes)
      WHERE id = $1::uuid AND epoch = $2::bigint AND outcome IS NULL
        AND stdout_bytes = coalesce($3::bigint, stdout_bytes) AND stderr_bytes = coalesce($5::bigint, stderr_bytes)
      RETURNING job_id
    ) ${records === 0 ? '' : insertion}
    SELECT job_id, ${records === 0 ? 'NULL' : '(SELECT json_agg(seq ORDER BY seq) FROM chunk)'} AS seqs FROM attempt`;
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
