import { join } from 'node:path';

import { parseDockerHost } from './parse-docker-host.ts';
import type { FoundEndpoint } from './docker-endpoint.ts';

/**
 * `DOCKER_HOST`, with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; nothing where it is not set. As with the
 * CLI, any value that is not empty turns TLS on, and the files are `ca.pem`, `cert.pem` and `key.pem`.
 * `DOCKER_TLS` does the same here: a server that is not verified is never talked to.
 *
 * @throws HodeiError `config_invalid`
 */
export function endpointFromEnvironment(env: NodeJS.ProcessEnv, home: string): FoundEndpoint | undefined {
  const host = env['DOCKER_HOST'];
  if (host === undefined || host === '') return undefined;
  const tls = (env['DOCKER_TLS_VERIFY'] ?? '') !== '' || (env['DOCKER_TLS'] ?? '') !== '';
  const endpoint = parseDockerHost(host, 'DOCKER_HOST', tls);
  if (endpoint.kind !== 'tcp' || !tls) return { endpoint, source: 'DOCKER_HOST' };
  const certPath = env['DOCKER_CERT_PATH'] || env['DOCKER_CONFIG'] || join(home, '.docker');
  const files = {
    caFile: join(certPath, 'ca.pem'),
    certFile: join(certPath, 'cert.pem'),
    keyFile: join(certPath, 'key.pem'),
  };
  return { endpoint: { ...endpoint, tls: files }, source: 'DOCKER_HOST' };
}
