import type { DockerConnectionConfig } from '../config/docker-config.ts';

/** An engine's place with nothing left to look up. */
export type DockerEndpoint = Exclude<DockerConnectionConfig, { readonly kind: 'context' }>;

/** An endpoint, and why it is this one. */
export interface FoundEndpoint {
  readonly endpoint: DockerEndpoint;
  /** Like `DOCKER_HOST` or `default socket`. */
  readonly source: string;
}

/** The endpoint as the docker CLI would write it. */
export function describeEndpoint(endpoint: DockerEndpoint): string {
  switch (endpoint.kind) {
    case 'socket':
      return endpoint.socketPath.startsWith('//./pipe/')
        ? `npipe://${endpoint.socketPath}`
        : `unix://${endpoint.socketPath}`;
    case 'tcp':
      return `tcp://${hostAndPort(endpoint)}${endpoint.tls === undefined ? '' : ' (TLS)'}`;
    case 'ssh':
      return `ssh://${endpoint.username === undefined ? '' : `${endpoint.username}@`}${hostAndPort(endpoint)}`;
    default:
      return endpoint satisfies never;
  }
}

const hostAndPort = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
