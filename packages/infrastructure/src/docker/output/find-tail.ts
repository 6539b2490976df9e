import {
  HodeiError,
  NO_OUTPUT,
  type LogQuery,
  type OutputOffsets,
  type OutputStream,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { createLogCursor } from './log-cursor.ts';
import { readEngineLog } from './read-engine-log.ts';

const NEWLINE = 0x0a;

interface Line {
  readonly stream: OutputStream;
  readonly offset: number;
}

/**
 * Where the last lines of what a log holds now begin: lines of both streams together, in the order in which
 * they ended; one without a newline counts. Reading from there cannot miss what is written meanwhile.
 *
 * @throws HodeiError as {@link readEngineLog}; `invalid_input` together with `from`.
 */
export async function findTail(
  engine: DockerEngine,
  handle: WorkerHandle,
  { tail, from, stream, nonce, signal }: LogQuery & { readonly tail: number },
): Promise<OutputOffsets> {
  if (from !== undefined)
    throw new HodeiError('invalid_input', 'give either `from` or `tail`, not both', { details: { field: 'from' } });
  const cursor = createLogCursor({ handle, nonce, from: NO_OUTPUT });
  const begun: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  const lines: Line[] = [];
  for await (const messages of readEngineLog(engine, { handle, follow: false, stream, signal })) {
    for (const chunk of cursor.push(messages)) {
      for (let at = chunk.bytes.indexOf(NEWLINE); at !== -1; at = chunk.bytes.indexOf(NEWLINE, at + 1)) {
        lines.push({ stream: chunk.stream, offset: begun[chunk.stream] });
        begun[chunk.stream] = chunk.offset + at + 1;
      }
    }
    if (lines.length > 2 * tail + 1024) lines.splice(0, lines.length - tail);
  }
  const end = cursor.offsets;
  for (const open of ['stdout', 'stderr'] as const) {
    if (begun[open] < end[open]) lines.push({ stream: open, offset: begun[open] });
  }
  const kept = tail === 0 ? [] : lines.slice(-tail);
  const first = (of: OutputStream): number => kept.find(({ stream: each }) => each === of)?.offset ?? end[of];
  return { stdout: first('stdout'), stderr: first('stderr') };
}
