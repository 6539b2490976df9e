import { Readable } from 'node:stream';

import type Docker from 'dockerode';

import type { DockerEngine, EngineCallOptions } from './docker-engine.ts';
import { readJsonLines } from './read-json-lines.ts';
import type { DockerCall } from './docker-call.ts';

/**
 * Opens a stream of JSON lines; resolves when the engine has begun to answer. The stream is to be iterated at
 * once: leaving the iteration closes it.
 *
 * @param options the deadline is for the opening, the signal for all of it.
 * @throws HodeiError as translated, here and in the iteration; rejects with the signal's reason where that
 * aborts.
 */
export async function openJsonStream(
  engine: DockerEngine,
  call: DockerCall,
  open: (docker: Docker, abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  options: EngineCallOptions,
): Promise<AsyncGenerator<unknown>> {
  return readStream(engine, call, await engine.call(call, open, options), options.signal);
}

async function* readStream(
  engine: DockerEngine,
  call: DockerCall,
  stream: NodeJS.ReadableStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  // The signal that the request was made with no longer reaches an answer that has begun.
  const close = (): void => {
    if (stream instanceof Readable) stream.destroy();
  };
  signal?.addEventListener('abort', close, { once: true });
  try {
    signal?.throwIfAborted();
    yield* readJsonLines(stream);
  } catch (error) {
    signal?.throwIfAborted();
    throw engine.translate(error, call);
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}
