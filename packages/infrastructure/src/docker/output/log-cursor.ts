import {
  createOrderReader,
  parseLaunchMarker,
  type OutputChunk,
  type OutputOffsets,
  type OutputStream,
  type WorkerHandle,
} from '@hodei/domain';

import { isDirect, isReusable } from '../workers/handle-state.ts';
import type { LogMessage } from './log-message.ts';

/** Turns the messages of a log, taken from its beginning, into output from some offsets on. */
export interface LogCursor {
  /** Where the next reader would go on. */
  readonly offsets: OutputOffsets;
  /** Whether the end of the one job of a reusable worker was seen on both streams: nothing of it will follow. */
  readonly isOver: boolean;
  /** Whether what ought to be the launch marker is something else: the log has lost its beginning. */
  readonly hasLostBeginning: boolean;
  push(messages: readonly LogMessage[]): readonly OutputChunk[];
  /** The log has ended: what was held back because it might have become a marker. */
  flush(): readonly OutputChunk[];
}

/**
 * @param handle says which markers, which are no output, the log has: none; a first line of stdout; or of a
 * reusable worker, those around each job.
 * @param nonce of the job to read, of a reusable worker; absent: all of its jobs.
 */
export function createLogCursor({
  handle,
  from,
  nonce,
}: {
  readonly handle: Pick<WorkerHandle, 'providerState'>;
  readonly from: OutputOffsets;
  readonly nonce?: string | undefined;
}): LogCursor {
  const next: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  const orders = isReusable(handle)
    ? { stdout: createOrderReader(nonce), stderr: createOrderReader(nonce) }
    : undefined;
  let markerMayCome = orders === undefined && !isDirect(handle);
  let hasLostBeginning = false;
  let last = 0;
  const isMarker = ({ stream, bytes }: LogMessage): boolean => {
    if (!markerMayCome || stream !== 'stdout') return false;
    markerMayCome = false;
    const isThere = markerOf(bytes) !== undefined;
    hasLostBeginning = !isThere;
    return isThere;
  };
  const place = ({ stream, at, bytes }: Omit<LogMessage, 'stamp'>): readonly OutputChunk[] => {
    const offset = next[stream];
    next[stream] += bytes.length;
    const skip = Math.max(0, from[stream] - offset);
    return skip < bytes.length ? [{ stream, at, offset: offset + skip, bytes: bytes.subarray(skip) }] : [];
  };
  return {
    get hasLostBeginning() {
      return hasLostBeginning;
    },
    get offsets() {
      return { stdout: Math.max(next.stdout, from.stdout), stderr: Math.max(next.stderr, from.stderr) };
    },
    get isOver() {
      return orders !== undefined && orders.stdout.end !== undefined && orders.stderr.end !== undefined;
    },
    push: (messages) => {
      const chunks: OutputChunk[] = [];
      for (const message of messages) {
        if (isMarker(message)) continue;
        const { stream, at, bytes } = message;
        last = at;
        chunks.push(...place(orders === undefined ? message : { stream, at, bytes: orders[stream].push(bytes) }));
      }
      return joinRuns(chunks);
    },
    flush: () =>
      (['stdout', 'stderr'] as const).flatMap((stream) =>
        orders === undefined ? [] : place({ stream, at: last, bytes: orders[stream].flush() }),
      ),
  };
}

/** The launch marker that a message of the log is; a marker is a line, and so a message, of its own. */
export const markerOf = (bytes: Uint8Array): ReturnType<typeof parseLaunchMarker> =>
  parseLaunchMarker(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replace(/\n$/, ''),
  );

/** Makes one chunk of neighbours of one stream and one millisecond: logs of short lines get a tenth of the chunks. */
function joinRuns(chunks: readonly OutputChunk[]): OutputChunk[] {
  const joined: OutputChunk[] = [];
  for (let first = 0; first < chunks.length;) {
    const chunk = chunks[first] as OutputChunk;
    let end = first + 1;
    while (chunks[end]?.stream === chunk.stream && chunks[end]?.at === chunk.at) end += 1;
    const run = chunks.slice(first, end);
    joined.push(run.length === 1 ? chunk : { ...chunk, bytes: Buffer.concat(run.map(({ bytes }) => bytes)) });
    first = end;
  }
  return joined;
}
