import { endOfChunk, NO_OUTPUT, type LogQuery, type OutputChunk } from '@hodei/domain';
import type { InMemoryWorker } from './in-memory-worker.ts';
import { assertLogQuery, lastLines, matchChunk } from './select-logs.ts';

/** The part of a worker's output that the query asks for. */
export async function* readWorkerLogs(
  worker: InMemoryWorker,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<OutputChunk> {
  assertLogQuery(query);
  const output = query.nonce === undefined ? worker.output : worker.job(query.nonce)?.output;
  if (output === undefined) return;
  const there = output.chunks();
  const matching = there.flatMap((chunk) => matchChunk(chunk, query) ?? []);
  if (query.tail === undefined && query.since === undefined) {
    const gaps = output.gapsAfter(query.from ?? NO_OUTPUT);
    yield* gaps.filter(({ stream }) => query.stream === undefined || stream === query.stream);
  }
  yield* query.tail === undefined ? matching : lastLines(matching, query.tail);
  if (query.follow !== true) return;
  const read = { ...output.lostUpTo };
  for (const chunk of there) read[chunk.stream] = endOfChunk(chunk);
  for await (const chunk of output.follow(read, signal)) {
    const match = matchChunk(chunk, query);
    if (match !== undefined) yield match;
  }
}
