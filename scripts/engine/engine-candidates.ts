import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EngineCandidates {
  /** Somebody chose this one, so no other serves in its place. */
  readonly named: boolean;
  readonly addresses: readonly string[];
}

/**
 * Addresses at which an engine may answer, best first. What the user has said (DOCKER_HOST, then the chosen
 * context) stands alone: an engine that nobody named must not be used instead of one that was.
 */
export const listEngineCandidates = (env: NodeJS.ProcessEnv, home: string): EngineCandidates => {
  const named = env['DOCKER_HOST'] || addressOfContext(env, home);
  if (named) {
    return { named: true, addresses: [named] };
  }
  const sockets = [
    '/var/run/docker.sock',
    ...(env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.rd/docker.sock'),
  ];
  return {
    named: false,
    addresses: sockets.filter((socket) => existsSync(socket)).map((socket) => `unix://${socket}`),
  };
};

/** The address of the context in use, as `docker context use` keeps it; none for the context "default". */
const addressOfContext = (env: NodeJS.ProcessEnv, home: string): string | undefined => {
  const folder = env['DOCKER_CONFIG'] || join(home, '.docker');
  const name = env['DOCKER_CONTEXT'] || currentContext(join(folder, 'config.json'));
  if (name === undefined || name === '' || name === 'default') {
    return undefined;
  }
  // The CLI names a context's folder by the SHA-256 of its name.
  const id = createHash('sha256').update(name).digest('hex');
  const meta = join(folder, 'contexts/meta', id, 'meta.json');
  if (!existsSync(meta)) {
    throw new Error(`the Docker context "${name}" does not exist`);
  }
  const { Endpoints } = JSON.parse(readFileSync(meta, 'utf8')) as { Endpoints?: { docker?: { Host?: string } } };
  return Endpoints?.docker?.Host;
};

const currentContext = (file: string): string | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { currentContext?: string }).currentContext : undefined;
