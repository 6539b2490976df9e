import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

import type { FoundEndpoint } from './docker-endpoint.ts';

/**
 * The first socket that this user may use: the engine's default, a rootless engine's, Docker Desktop's. Where
 * there is none, the first that exists (then the error says "permission denied"), else the default one.
 */
export async function endpointFromSocket(
  env: NodeJS.ProcessEnv,
  home: string,
  platform: NodeJS.Platform,
  defaultSocket = '/var/run/docker.sock',
): Promise<FoundEndpoint> {
  if (platform === 'win32') return found('//./pipe/docker_engine', 'default pipe');
  const first = found(defaultSocket, 'default socket');
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const candidates = [
    first,
    ...(runtimeDir === undefined || runtimeDir === ''
      ? []
      : [found(join(runtimeDir, 'docker.sock'), 'rootless socket')]),
    found(join(home, '.docker', 'run', 'docker.sock'), 'Docker Desktop socket'),
  ];
  const usable = await firstWith(candidates, constants.R_OK | constants.W_OK);
  return usable ?? (await firstWith(candidates, constants.F_OK)) ?? first;
}

interface FoundSocket extends FoundEndpoint {
  readonly endpoint: { readonly kind: 'socket'; readonly socketPath: string };
}

const found = (socketPath: string, source: string): FoundSocket => ({
  endpoint: { kind: 'socket', socketPath },
  source,
});

async function firstWith(candidates: readonly FoundSocket[], mode: number): Promise<FoundSocket | undefined> {
  for (const candidate of candidates) {
    const allowed = await access(candidate.endpoint.socketPath, mode).then(
      () => true,
      () => false,
    );
    if (allowed) return candidate;
  }
  return undefined;
}
