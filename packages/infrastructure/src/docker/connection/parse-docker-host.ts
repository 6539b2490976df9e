import { HodeiError } from '@hodei/domain';

import type { DockerEndpoint } from './docker-endpoint.ts';

const ALLOWED = 'unix:///path/to/docker.sock, tcp://host:2375, ssh://user@host or npipe:////./pipe/docker_engine';
const DEFAULT_SOCKET = '/var/run/docker.sock';
const DEFAULT_PIPE = '//./pipe/docker_engine';
const DEFAULT_PORTS = { tcp: 2375, tls: 2376, ssh: 22 };

/**
 * Reads an engine's address as the docker CLI writes it.
 *
 * @param source where it came from, for the message, like `DOCKER_HOST`.
 * @throws HodeiError `config_invalid`, saying what is allowed.
 */
export function parseDockerHost(text: string, source: string, tls = false): DockerEndpoint {
  const refuse = (why: string): never => {
    throw new HodeiError('config_invalid', `${source} "${withoutPassword(text)}" ${why}; allowed are ${ALLOWED}`, {
      details: { field: source },
    });
  };
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length) || DEFAULT_SOCKET;
    return socketPath.startsWith('/') ? { kind: 'socket', socketPath } : refuse('names no absolute path');
  }
  if (text.startsWith('npipe://')) return { kind: 'socket', socketPath: text.slice('npipe://'.length) || DEFAULT_PIPE };
  if (/^(fd|http|https):\/\//.test(text)) return refuse(`begins with ${text.slice(0, text.indexOf(':'))}://`);
  // The CLI takes `host:port` for tcp.
  const withScheme = text.includes('://') ? text : `tcp://${text}`;
  if (!/^(tcp|ssh):\/\//.test(withScheme)) return refuse('has a scheme that is not known');
  if (!URL.canParse(withScheme)) return refuse('is malformed');
  const url = new URL(withScheme);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') return refuse('names no host');
  if (!/^[A-Za-z0-9._:-]+$/.test(host)) return refuse('has characters that no host has');
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '')
    return refuse('has more than a host and a port');
  if (url.password !== '') return refuse('has a password in it; use a key');
  if (url.protocol === 'ssh:') {
    const username = decodeURIComponent(url.username);
    return { kind: 'ssh', host, port: portOf(url, DEFAULT_PORTS.ssh), ...(username === '' ? {} : { username }) };
  }
  if (url.username !== '') return refuse('has a user in it');
  return { kind: 'tcp', host, port: portOf(url, tls ? DEFAULT_PORTS.tls : DEFAULT_PORTS.tcp) };
}

const portOf = (url: URL, otherwise: number): number => (url.port === '' ? otherwise : Number(url.port));

const withoutPassword = (text: string): string =>
  text.slice(0, 200).replace(/\/\/([^@/]*)@/, (_, user: string) => `//${user.replace(/:.*/, ':***')}@`);
