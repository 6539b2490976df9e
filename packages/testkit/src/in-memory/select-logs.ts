import { HodeiError, type LogQuery, type OutputChunk } from '@hodei/domain';
import { skipTo } from './output-log.ts';

const NEWLINE = 0x0a;

/** @throws HodeiError `invalid_input` where the query contradicts itself. */
export function assertLogQuery(query: LogQuery): void {
  const { tail, since, from } = query;
  if (from !== undefined && (tail !== undefined || since !== undefined)) {
    throw new HodeiError('invalid_input', 'from does not go together with tail or since; give one or the other');
  }
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0)) {
    throw new HodeiError('invalid_input', `tail ${tail} must be a whole number, 0 or more`);
  }
}

/** The chunk, or the part of it, that the query asks for, its `tail` aside. */
export function matchChunk(chunk: OutputChunk, query: LogQuery): OutputChunk | undefined {
  if (query.stream !== undefined && chunk.stream !== query.stream) return undefined;
  if (query.since !== undefined && chunk.at < query.since) return undefined;
  if (chunk.gap !== undefined) return chunk;
  return skipTo(chunk, query.from?.[chunk.stream] ?? 0);
}

/** The last lines, those of both streams counted together; a line without its newline counts as well. */
export function lastLines(chunks: readonly OutputChunk[], lines: number): readonly OutputChunk[] {
  const pieces = chunks.flatMap((chunk) => [...splitAfterNewlines(chunk)]);
  const begun = { stdout: false, stderr: false };
  let count = 0;
  let first = pieces.length;
  for (; first > 0; first -= 1) {
    const piece = pieces[first - 1];
    if (piece === undefined) break;
    const endsLine = piece.bytes.at(-1) === NEWLINE || !begun[piece.stream];
    if (endsLine && count === lines) break;
    if (endsLine) count += 1;
    begun[piece.stream] = true;
  }
  return pieces.slice(first);
}

function* splitAfterNewlines(chunk: OutputChunk): Generator<OutputChunk> {
  for (let start = 0; start < chunk.bytes.length;) {
    const newline = chunk.bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? chunk.bytes.length : newline + 1;
    yield { ...chunk, offset: chunk.offset + start, bytes: chunk.bytes.subarray(start, end) };
    start = end;
  }
}
