import { NO_OUTPUT, type LogQuery, type OutputChunk } from '@hodei/domain';
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
  yield* query.tail === undefined ? matching : lastLines(matching, query.tail);
  if (query.follow !== true) return;
  const read = { ...NO_OUTPUT };
  for (const chunk of there) read[chunk.stream] = chunk.offset + chunk.bytes.length;
  for await (const chunk of output.follow(read, signal)) {
    const match = matchChunk(chunk, query);
    if (match !== undefined) yield match;
  }
}
