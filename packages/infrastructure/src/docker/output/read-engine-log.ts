import { HodeiError, type OutputStream, type WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { openStream } from '../engine/engine-request.ts';
import { createLineEnds } from './line-ends.ts';
import type { LogMessage } from './log-message.ts';
import { readFrames, type Frame } from './read-frames.ts';

/** Which worker, and how its log is read. */
export interface EngineLogQuery {
  readonly handle: Pick<WorkerHandle, 'workerId' | 'resourceId'>;
  readonly follow: boolean;
  readonly stream?: OutputStream | undefined;
  /** Only so many of its last messages, and what follows. */
  readonly tail?: number;
  readonly signal?: AbortSignal | undefined;
}

const SPACE = 0x20;

/**
 * Reads a worker's log from its beginning (or its last messages), in batches as they arrive. With `follow` it ends when the worker
 * has ended.
 *
 * @throws HodeiError `worker_not_found`; `provider_unavailable` where the stream breaks off, midway too; the
 * signal's reason.
 */
export async function* readEngineLog(
  engine: DockerEngine,
  query: EngineLogQuery,
): AsyncGenerator<readonly LogMessage[], void, undefined> {
  const { handle, follow, stream, tail, signal } = query;
  const call = { doing: `reading the log of worker ${handle.workerId}`, subject: `worker ${handle.workerId}` };
  const request = {
    stdout: stream !== 'stderr',
    stderr: stream !== 'stdout',
    timestamps: true,
    follow,
    tail: tail ?? 'all',
  };
  const response = await engine.call(
    call,
    (docker, abortSignal) =>
      openStream(docker, 'GET', { path: `/containers/${handle.resourceId}/logs`, query: request, abortSignal }),
    { signal },
  );
  const stop = (): void => void response.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const restoreLineEnds = createLineEnds();
  try {
    for await (const frames of readFrames(response)) yield frames.flatMap((frame) => restoreLineEnds(withTime(frame)));
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    throw engine.translate(error, call);
  } finally {
    signal?.removeEventListener('abort', stop);
    response.destroy();
  }
}

/** Each message begins with the time (RFC 3339 with nanoseconds) and a space. */
function withTime({ stream, bytes }: Frame): LogMessage {
  const space = bytes.indexOf(SPACE);
  const stamp = Buffer.from(bytes.buffer, bytes.byteOffset, Math.max(0, space)).toString('latin1');
  const at = Date.parse(stamp);
  if (Number.isNaN(at)) throw new HodeiError('internal', 'the engine sent a log message without its time');
  return { stream, at, stamp, bytes: bytes.subarray(space + 1) };
}
