import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { hijack } from '../engine/engine-request.ts';
import type { Subject } from './inspect-container.ts';

/**
 * Opens the one connection over which a container gets its stdin and gives its output, before it is started.
 * Nothing is read from it until somebody does.
 */
export async function attachWorker(
  engine: DockerEngine,
  { workerId, resourceId }: Subject,
  { stdin }: { readonly stdin: boolean },
  signal?: AbortSignal,
): Promise<Duplex> {
  const socket = await engine.call(
    { doing: `connecting to worker ${workerId}`, subject: `worker ${workerId}` },
    (docker, abortSignal) =>
      hijack(docker, {
        path: `/containers/${resourceId}/attach`,
        query: { stream: true, stdin, stdout: true, stderr: true },
        abortSignal,
      }),
    { signal },
  );
  if (socket instanceof Socket) socket.setNoDelay(true);
  // Whoever reads or writes is told; while nobody does, an error must not end the process.
  socket.on('error', () => undefined);
  return socket;
}
