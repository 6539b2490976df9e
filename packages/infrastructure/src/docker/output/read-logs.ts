import {
  HodeiError,
  NO_OUTPUT,
  type LogQuery,
  type OutputChunk,
  type OutputOffsets,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { findTail } from './find-tail.ts';
import { isDirect, isReusable } from '../workers/handle-state.ts';
import { createLogCursor, markerOf } from './log-cursor.ts';
import { createPlacedOutput, NOTHING_KNOWN, NOWHERE } from './output-place.ts';
import { readEngineLog } from './read-engine-log.ts';

/**
 * {@link WorkerProvider.readLogs}. Always reads from the log's beginning: only so are the offsets known, and
 * the engine's own `tail` counts pieces of 16 KiB and lines of both streams.
 */
export async function* readLogs(
  engine: DockerEngine,
  handle: WorkerHandle,
  query: LogQuery = {},
): AsyncGenerator<OutputChunk, void, undefined> {
  const { stream, tail, since, follow = false, nonce, signal } = query;
  const from =
    tail === undefined ? startOf(query) : await findTail(engine, handle, { ...query, tail: whole('tail', tail) });
  const cursor = createLogCursor({ handle, nonce, from: NO_OUTPUT });
  const isLost = tail === undefined && since === undefined && (await hasLostBeginning(engine, handle, signal));
  const placed = createPlacedOutput({ ...NOTHING_KNOWN, from }, isLost ? NOWHERE : undefined);
  for (const gap of placed.gaps(handle.createdAt)) if (stream === undefined || gap.stream === stream) yield gap;
  for await (const messages of readEngineLog(engine, { handle, follow, stream, signal })) {
    for (const chunk of cursor.push(messages).flatMap((read) => placed.push(read)))
      if (since === undefined || chunk.at >= since) yield chunk;
    if (cursor.isOver) return;
  }
  yield* cursor.flush().flatMap((read) => placed.push(read));
}

async function hasLostBeginning(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (isDirect(handle) || isReusable(handle)) return false;
  for await (const messages of readEngineLog(engine, { handle, follow: false, stream: 'stdout', signal })) {
    const [first] = messages;
    if (first !== undefined) return markerOf(first.bytes) === undefined;
  }
  return false;
}

function startOf({ from, since }: LogQuery): OutputOffsets {
  if (from === undefined) return NO_OUTPUT;
  if (since !== undefined)
    throw new HodeiError('invalid_input', 'give either `from` or `since`, not both', { details: { field: 'from' } });
  whole('from.stdout', from.stdout);
  whole('from.stderr', from.stderr);
  return from;
}

function whole(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new HodeiError('invalid_input', `${field} ${value} must be a whole number, 0 or more`, { details: { field } });
}
