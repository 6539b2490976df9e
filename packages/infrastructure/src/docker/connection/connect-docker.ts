import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { homedir, userInfo } from 'node:os';

import { HodeiError } from '@hodei/domain';
import Docker from 'dockerode';

import { describeEndpoint, type DockerEndpoint, type FoundEndpoint } from './docker-endpoint.ts';
import { dockerConfigFolder, endpointFromContext, endpointFromCurrentContext } from './endpoint-from-context.ts';
import { endpointFromEnvironment } from './endpoint-from-environment.ts';
import { endpointFromSocket } from './endpoint-from-socket.ts';
import { createHostVerifier } from './known-hosts.ts';
import type { DockerConnectionConfig, DockerTlsConfig } from '../config/docker-config.ts';

/** A client of an engine. Nothing was asked of the engine yet. */
export interface DockerConnection {
  readonly docker: Docker;
  /** The same, but each call makes a connection of its own: an engine that is going down takes none any more. */
  readonly anew: Docker;
  /** For messages, like `unix:///var/run/docker.sock (default socket)`. */
  readonly description: string;
  readonly endpoint: DockerEndpoint;
}

/** Where a client is looked for: the process's own environment unless said otherwise. */
export interface DockerSurroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
}

/**
 * Finds an engine as the docker CLI does: what the configuration says, `DOCKER_HOST` and its family, the
 * current context, the sockets an engine listens on by default.
 *
 * @throws HodeiError `config_invalid` where what was found is malformed or a file of it can't be read. That
 * no engine answers there shows with the first call, not here.
 */
export async function connectDocker(
  connection?: DockerConnectionConfig,
  surroundings: DockerSurroundings = {},
): Promise<DockerConnection> {
  const { env = process.env, home = homeOf(env), platform = process.platform } = surroundings;
  const { endpoint, source } = await findEndpoint(connection, env, home, platform);
  const options = await clientOptions(endpoint, env, home);
  const anew = createClient({ ...options, ...agentWithoutMemory(options.protocol) });
  return { docker: createClient(options), anew, description: `${describeEndpoint(endpoint)} (${source})`, endpoint };
}

/** The home of whoever has this environment. */
export const homeOf = (env: NodeJS.ProcessEnv): string => env['HOME'] || homedir();

async function findEndpoint(
  connection: DockerConnectionConfig | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
  platform: NodeJS.Platform,
): Promise<FoundEndpoint> {
  if (connection?.kind === 'context')
    return endpointFromContext(connection.name, dockerConfigFolder(env, home), 'the configuration');
  if (connection !== undefined) return { endpoint: connection, source: 'configured' };
  return (
    endpointFromEnvironment(env, home) ??
    (await endpointFromCurrentContext(env, home)) ??
    endpointFromSocket(env, home, platform)
  );
}

async function clientOptions(
  endpoint: DockerEndpoint,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<Docker.DockerOptions> {
  switch (endpoint.kind) {
    case 'socket':
      return { socketPath: endpoint.socketPath, protocol: 'http' };
    case 'tcp': {
      const { host, port, tls } = endpoint;
      return tls === undefined
        ? { host, port, protocol: 'http' }
        : { host, port, protocol: 'https', ...(await readTls(tls)) };
    }
    case 'ssh': {
      const { host, port, privateKeyFile, username = userInfo().username } = endpoint;
      const privateKey = privateKeyFile === undefined ? undefined : await readPem(privateKeyFile, 'privateKeyFile');
      const agent = env['SSH_AUTH_SOCK'];
      return {
        host,
        port,
        username,
        protocol: 'ssh',
        sshOptions: {
          // ssh2 takes any host key unless it is told how to check one.
          hostVerifier: await createHostVerifier(host, port, home),
          ...(privateKey === undefined ? {} : { privateKey }),
          ...(agent === undefined || agent === '' ? {} : { agent }),
        },
      };
    }
    default:
      return endpoint satisfies never;
  }
}

/**
 * docker-modem (5.0) reads DOCKER_HOST of the process by itself and lets it win over an absent option: every
 * option is given, if only as undefined.
 */
function createClient(options: Docker.DockerOptions): Docker {
  const none = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    username: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  };
  try {
    return new Docker({ ...none, ...options });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HodeiError(
      'config_invalid',
      `no client can be made for the Docker Engine: ${why}; correct or unset DOCKER_HOST and DOCKER_CERT_PATH`,
      { cause },
    );
  }
}

/** Over ssh every call has a connection of its own anyway. */
function agentWithoutMemory(protocol: Docker.DockerOptions['protocol']): { readonly agent?: HttpAgent } {
  if (protocol === 'ssh') return {};
  return { agent: protocol === 'https' ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }) };
}

async function readTls({
  caFile,
  certFile,
  keyFile,
}: DockerTlsConfig): Promise<Pick<Docker.DockerOptions, 'ca' | 'cert' | 'key'>> {
  return {
    ...(caFile === undefined ? {} : { ca: await readPem(caFile, 'the CA') }),
    ...(certFile === undefined ? {} : { cert: await readPem(certFile, "the client's certificate") }),
    ...(keyFile === undefined ? {} : { key: await readPem(keyFile, "the client's key") }),
  };
}

async function readPem(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new HodeiError('config_invalid', `${what} of the Docker Engine's connection can't be read from ${file}`, {
      cause,
    });
  }
}
