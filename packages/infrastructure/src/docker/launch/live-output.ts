import type { Duplex } from 'node:stream';

import { isHodeiError, type OutputChunk, type WorkerHandle } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { followJobLog } from '../output/follow-job-log.ts';
import { inspectContainer, isAlive } from '../workers/inspect-container.ts';
import { knownAfter, NOTHING_KNOWN, type KnownOutput } from '../output/output-place.ts';
import type { Frame } from '../output/read-frames.ts';

/** How a connection to a job ended: one of the two, or neither where the worker is gone. */
export interface ConnectionEnd {
  /** Before the job did, or nobody can tell. */
  readonly brokeOff: () => void;
  /** With the job; this is what the engine says of the ended container. */
  readonly jobEnded: (info: Docker.ContainerInspectInfo) => void;
}

/** The connection of a launched job. */
export interface LiveConnection {
  readonly socket: Duplex;
  /** What comes over it, less the launch marker. */
  readonly frames: AsyncIterator<readonly Frame[]>;
  /** What came with the launch marker and belongs in front. */
  readonly first: readonly Frame[];
  /** Is told what became of it. */
  readonly end: ConnectionEnd;
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
  let known: KnownOutput = NOTHING_KNOWN;
  const place = ({ stream, bytes }: Frame): OutputChunk => {
    const chunk = { stream, offset: known.from[stream], bytes, at: Date.now() };
    known = knownAfter(known, chunk);
    return chunk;
  };
  const disconnect = (): void => void socket.destroy();
  signal.addEventListener('abort', disconnect, { once: true });
  let isWhole = true;
  const reader = new Promptness();
  try {
    for (const frame of first) yield* reader.give(place(frame));
    for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
      for (const frame of next.value) yield* reader.give(place(frame));
    }
  } catch {
    // How it broke does not matter: what is missing is in the log, and if that fails it says so.
    isWhole = false;
  } finally {
    signal.removeEventListener('abort', disconnect);
    disconnect();
  }
  signal.throwIfAborted();
  const ended = isWhole && reader.isPrompt ? await lookWhetherEnded(engine, handle, signal) : undefined;
  if (ended === 'gone') return;
  if (ended !== undefined) {
    connection.end.jobEnded(ended);
    return;
  }
  connection.end.brokeOff();
  yield* followJobLog(engine, handle, known, signal);
}

/** Whoever waited for so long, in milliseconds, may have missed that an engine went away and came back. */
const STALL_MS = 1_000;
/** No socket holds more than this, so that who read as much since it stalled has noticed all that happened then. */
const SOCKET_BYTES = 16 * 1024 * 1024;

/** Whether the end of a connection is noticed soon after it happened: its reader is not far behind. */
class Promptness {
  #bytesSinceStall = Number.POSITIVE_INFINITY;

  get isPrompt(): boolean {
    return this.#bytesSinceStall > SOCKET_BYTES;
  }

  *give(chunk: OutputChunk): Generator<OutputChunk> {
    const givenAt = performance.now();
    yield chunk;
    this.#bytesSinceStall = performance.now() - givenAt > STALL_MS ? 0 : this.#bytesSinceStall + chunk.bytes.length;
  }
}

/**
 * An engine that goes down closes the connection as the job's end does. So only an engine that answers at
 * once is believed that the output was whole.
 */
async function lookWhetherEnded(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo | 'gone' | undefined> {
  try {
    const info = await inspectContainer(engine, handle, signal);
    return isAlive(info) ? undefined : info;
  } catch (error) {
    signal.throwIfAborted();
    return isHodeiError(error, 'worker_not_found') ? 'gone' : undefined;
  }
}
