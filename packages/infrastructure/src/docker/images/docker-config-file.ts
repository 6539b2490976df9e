import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HodeiError } from '@hodei/domain';

import { objectOf, textOf } from '../engine/untyped.ts';

/** What of the CLI's `config.json` matters here. */
export interface DockerConfigFile {
  readonly path: string;
  readonly currentContext?: string;
  /** By registry, as the CLI wrote it: `https://index.docker.io/v1/` for Docker Hub, else mostly the host. */
  readonly auths: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  /** Registries whose credentials are in a helper program; `*` where all are. */
  readonly helpers: readonly string[];
}

/**
 * Reads `config.json` of the docker CLI (`DOCKER_CONFIG`, or `~/.docker`); nothing where there is none.
 *
 * @throws HodeiError `config_invalid` where it is there and can't be read.
 */
export async function readDockerConfigFile(
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<DockerConfigFile | undefined> {
  const path = join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new HodeiError('config_invalid', `${path} can't be read; make it readable for this user`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new HodeiError('config_invalid', `${path} is no valid JSON`, { cause });
  }
  const file = objectOf(json);
  const currentContext = textOf(file['currentContext']);
  return {
    path,
    ...(currentContext === '' ? {} : { currentContext }),
    auths: Object.fromEntries(
      Object.entries(objectOf(file['auths'])).map(([registry, entry]) => [registry, authOf(objectOf(entry))]),
    ),
    helpers: [...Object.keys(objectOf(file['credHelpers'])), ...(textOf(file['credsStore']) === '' ? [] : ['*'])],
  };
}

function authOf(entry: Readonly<Record<string, unknown>>): { auth?: string; identitytoken?: string } {
  const [auth, identitytoken] = [textOf(entry['auth']), textOf(entry['identitytoken'])];
  return { ...(auth === '' ? {} : { auth }), ...(identitytoken === '' ? {} : { identitytoken }) };
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
