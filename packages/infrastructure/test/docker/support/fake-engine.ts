import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import { connectDocker } from '../../../src/docker/connection/connect-docker.ts';
import { DockerEngine } from '../../../src/docker/engine/docker-engine.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Something on a socket that behaves as no healthy engine does. */
export interface FakeEngine extends AsyncDisposable {
  readonly socketPath: string;
  readonly engine: DockerEngine;
}

/** A client of whatever listens there. */
export const engineAt = async (socketPath: string, callTimeoutMs = 5_000): Promise<DockerEngine> =>
  new DockerEngine(await connectDocker({ kind: 'socket', socketPath }), callTimeoutMs);

/** @param answer does what the test needs; one that does nothing is an engine that hangs. */
export async function startFakeEngine(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  callTimeoutMs?: number,
): Promise<FakeEngine> {
  const folder = await temporaryFolder();
  const socketPath = join(folder.path, 'docker.sock');
  const server = createServer(answer).listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    engine: await engineAt(socketPath, callTimeoutMs),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The answers of an engine that is well. */
export function answerWell(request: IncomingMessage, response: ServerResponse): void {
  const info = {
    OSType: 'linux',
    Architecture: 'x86_64',
    NCPU: 2,
    MemTotal: 1e9,
    MemoryLimit: true,
    SwapLimit: true,
    PidsLimit: true,
    CpuCfsQuota: true,
    CpuCfsPeriod: true,
  };
  if (request.url?.startsWith('/_ping') === true) response.end('OK');
  else if (request.url?.startsWith('/info') === true)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(info));
  else response.writeHead(404).end('{"message":"page not found"}');
}
