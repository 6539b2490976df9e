import { HodeiError } from '@hodei/domain';

import type { DockerConfigFile } from './docker-config-file.ts';
import type { RegistryCredentials } from '../config/docker-config.ts';

/** What to show a registry. */
export interface FoundCredentials {
  readonly credentials?: RegistryCredentials;
  /** True where the CLI has some in a helper program, which are not read: for the message of a denial. */
  readonly inHelper: boolean;
}

/** The names that the CLI gives Docker Hub, in the order in which it looks. */
const DOCKER_HUB = ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * Finds the credentials for a registry: the configuration's first, then those of `docker login` in
 * `config.json`. Credential helpers are not run.
 *
 * @throws HodeiError `config_invalid` where an entry of `config.json` can't be decoded.
 */
export function findRegistryCredentials(
  registry: string,
  configured: Readonly<Record<string, RegistryCredentials>>,
  file: DockerConfigFile | undefined,
): FoundCredentials {
  const names =
    registry === 'docker.io'
      ? DOCKER_HUB
      : [registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  const own = names.map((name) => configured[name]).find((each) => each !== undefined);
  if (own !== undefined) return { credentials: own, inHelper: false };
  if (file === undefined) return { inHelper: false };
  for (const name of names) {
    const entry = file.auths[name];
    if (entry?.identitytoken !== undefined)
      return { credentials: { identityToken: entry.identitytoken }, inHelper: false };
    if (entry?.auth !== undefined) return { credentials: decode(entry.auth, name, file.path), inHelper: false };
  }
  return { inHelper: file.helpers.includes('*') || names.some((name) => file.helpers.includes(name)) };
}

/** In the form of the header `X-Registry-Auth`. */
export function toAuthConfig(credentials: RegistryCredentials, registry: string): Record<string, string> {
  const serveraddress = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  return 'identityToken' in credentials
    ? { identitytoken: credentials.identityToken, serveraddress }
    : { username: credentials.username, password: credentials.password, serveraddress };
}

function decode(auth: string, registry: string, path: string): RegistryCredentials {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  throw new HodeiError(
    'config_invalid',
    `the credentials for ${registry} in ${path} are malformed; run "docker login ${registry}" again`,
  );
}
