import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HodeiError } from '@hodei/domain';

import type { DockerTlsConfig } from '../config/docker-config.ts';
import { readDockerConfigFile } from '../images/docker-config-file.ts';
import { SettingsReader } from '../config/settings-reader.ts';
import type { FoundEndpoint } from './docker-endpoint.ts';
import { parseDockerHost } from './parse-docker-host.ts';

/**
 * The CLI's context: `DOCKER_CONTEXT`, else the current one of `config.json`; nothing where that is `default`
 * or none.
 *
 * @throws HodeiError `config_invalid` where it names a context that is not there or can't be read.
 */
export async function endpointFromCurrentContext(
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<FoundEndpoint | undefined> {
  const fromEnv = env['DOCKER_CONTEXT'] || undefined;
  const file = fromEnv === undefined ? await readDockerConfigFile(env, home) : undefined;
  const name = fromEnv ?? file?.currentContext;
  if (name === undefined || name === 'default') return undefined;
  return endpointFromContext(
    name,
    dockerConfigFolder(env, home),
    fromEnv === undefined ? `currentContext of ${file?.path}` : 'DOCKER_CONTEXT',
  );
}

/**
 * A context by its name. It is kept as `contexts/meta/<sha256 of the name>/meta.json`, its TLS files beside
 * it under `contexts/tls/<sha256>/docker/` (docker/cli, cli/context/store).
 *
 * @throws HodeiError `config_invalid`
 */
export async function endpointFromContext(name: string, folder: string, asked: string): Promise<FoundEndpoint> {
  const digest = createHash('sha256').update(name).digest('hex');
  const metaFile = join(folder, 'contexts', 'meta', digest, 'meta.json');
  let text: string;
  try {
    text = await readFile(metaFile, 'utf8');
  } catch (cause) {
    throw new HodeiError(
      'config_invalid',
      `${asked} names the Docker context "${name}", but ${metaFile} can't be read; see "docker context ls"`,
      { cause },
    );
  }
  const docker = new SettingsReader(parseJson(text, metaFile), metaFile).object('Endpoints')?.object('docker');
  const host = docker?.text('Host');
  if (docker === undefined || host === undefined) {
    throw new HodeiError(
      'config_invalid',
      `${metaFile} names no Docker endpoint; remove the context "${name}" and make it again`,
    );
  }
  if (docker.flag('SkipTLSVerify') === true) {
    throw new HodeiError(
      'config_invalid',
      `the Docker context "${name}" skips the verification of TLS, which is refused; give it the CA of the engine`,
    );
  }
  const source = `context "${name}"`;
  const tls = await tlsFiles(join(folder, 'contexts', 'tls', digest, 'docker'));
  const endpoint = parseDockerHost(host, `the host of ${source}`, tls !== undefined);
  return { endpoint: endpoint.kind === 'tcp' && tls !== undefined ? { ...endpoint, tls } : endpoint, source };
}

/** `DOCKER_CONFIG`, or `~/.docker`. */
export const dockerConfigFolder = (env: NodeJS.ProcessEnv, home: string): string =>
  env['DOCKER_CONFIG'] || join(home, '.docker');

async function tlsFiles(folder: string): Promise<DockerTlsConfig | undefined> {
  const there = new Set(await readdir(folder).catch(() => []));
  if (there.size === 0) return undefined;
  const file = (name: string): string | undefined => (there.has(name) ? join(folder, name) : undefined);
  const [caFile, certFile, keyFile] = [file('ca.pem'), file('cert.pem'), file('key.pem')];
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined || keyFile === undefined ? {} : { certFile, keyFile }),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HodeiError('config_invalid', `${file} is no valid JSON`, { cause });
  }
}
