import type { Duplex } from 'node:stream';

import {
  isHodeiError,
  type OutputChunk,
  type OutputOffsets,
  type OutputStream,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { followJobLog } from './follow-job-log.ts';
import { inspectContainer, isAlive } from './inspect-container.ts';
import type { Frame } from './read-frames.ts';

/** The connection of a launched job. */
export interface LiveConnection {
  readonly socket: Duplex;
  /** What comes over it, less the launch marker. */
  readonly frames: AsyncIterator<readonly Frame[]>;
  /** What came with the launch marker and belongs in front. */
  readonly first: readonly Frame[];
  /** Is told where the connection ended before the job. */
  readonly brokeOff: () => void;
}

/**
 * The output of a job over the connection that launched it. The connection's end is not the job's: where the
 * job still runs, or the connection broke, it goes on with the engine's log at the offset.
 */
export async function* liveOutput(
  engine: DockerEngine,
  handle: WorkerHandle,
  connection: LiveConnection,
  signal: AbortSignal,
): AsyncGenerator<OutputChunk, void, undefined> {
  const { socket, frames, first } = connection;
  const offsets: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  const place = ({ stream, bytes }: Frame): OutputChunk => {
    const offset = offsets[stream];
    offsets[stream] += bytes.length;
    return { stream, offset, bytes, at: Date.now() };
  };
  const disconnect = (): void => void socket.destroy();
  signal.addEventListener('abort', disconnect, { once: true });
  let isWhole = true;
  try {
    for (const frame of first) yield place(frame);
    for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
      for (const frame of next.value) yield place(frame);
    }
  } catch {
    // How it broke does not matter: what is missing is in the log, and if that fails it says so.
    isWhole = false;
  } finally {
    signal.removeEventListener('abort', disconnect);
    disconnect();
  }
  signal.throwIfAborted();
  if (isWhole && (await endedJustNow(engine, handle, signal))) return;
  connection.brokeOff();
  const from: OutputOffsets = offsets;
  yield* followJobLog(engine, handle, from, signal);
}

/**
 * An engine that goes down closes the connection as the job's end does. So only an engine that answers at
 * once is believed that the output was whole.
 */
async function endedJustNow(engine: DockerEngine, handle: WorkerHandle, signal: AbortSignal): Promise<boolean> {
  try {
    return !isAlive(await inspectContainer(engine, handle, signal));
  } catch (error) {
    signal.throwIfAborted();
    return isHodeiError(error, 'worker_not_found');
  }
}
