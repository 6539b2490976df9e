import { parseLaunchMarker, type OutputChunk, type OutputOffsets, type OutputStream } from '@hodei/domain';

import type { LogMessage } from './log-message.ts';

/** Turns the messages of a log, taken from its beginning, into output from some offsets on. */
export interface LogCursor {
  /** Where the next reader would go on. */
  readonly offsets: OutputOffsets;
  push(messages: readonly LogMessage[]): readonly OutputChunk[];
}

/** @param hasMarker whether the first line of stdout is a launch marker, which is no output. */
export function createLogCursor({
  hasMarker,
  from,
}: {
  readonly hasMarker: boolean;
  readonly from: OutputOffsets;
}): LogCursor {
  const next: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  let markerMayCome = hasMarker;
  const isMarker = ({ stream, bytes }: LogMessage): boolean => {
    if (!markerMayCome || stream !== 'stdout') return false;
    markerMayCome = false;
    return markerOf(bytes) !== undefined;
  };
  return {
    get offsets() {
      return { stdout: Math.max(next.stdout, from.stdout), stderr: Math.max(next.stderr, from.stderr) };
    },
    push: (messages) => {
      const chunks: OutputChunk[] = [];
      for (const message of messages) {
        if (isMarker(message)) continue;
        const { stream, at, bytes } = message;
        const offset = next[stream];
        next[stream] += bytes.length;
        const skip = Math.max(0, from[stream] - offset);
        if (skip < bytes.length) chunks.push({ stream, at, offset: offset + skip, bytes: bytes.subarray(skip) });
      }
      return joinRuns(chunks);
    },
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
