import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

import { HodeiError } from '@hodei/domain';
import type Docker from 'dockerode';

type DialOptions = Parameters<Docker['modem']['dial']>[0];
type Query = Readonly<Record<string, string | number | boolean>>;

interface EngineRequest {
  readonly path: string;
  readonly query: Query;
  readonly abortSignal: AbortSignal;
}

const OK = {
  101: true,
  200: true,
  201: true,
  204: true,
  304: 'already so',
  400: 'bad parameter',
  404: 'not found',
  409: 'conflict',
  500: 'server error',
};

/**
 * Sends JSON and reads JSON. dockerode's own `createContainer` repeats the whole body in the URL, where a
 * large environment does not fit, and drops the engine's warnings.
 */
export async function postJson(docker: Docker, request: EngineRequest & { readonly body: object }): Promise<unknown> {
  return await dial(docker, {
    ...base(request),
    method: 'POST',
    options: { _query: request.query, _body: request.body },
  });
}

/** Reads JSON. dockerode's own `info`, `ping` and inspection of an image take no signal, or its types don't. */
export async function getJson(docker: Docker, request: EngineRequest): Promise<unknown> {
  return await dial(docker, { ...base(request), method: 'GET', options: { _query: request.query } });
}

/** Opens a response to be read as it comes; dockerode's own `logs` does so only with `follow`. */
export async function openStream(
  docker: Docker,
  method: 'GET' | 'POST',
  request: EngineRequest,
): Promise<IncomingMessage> {
  const result = await dial(docker, {
    ...base(request),
    method,
    isStream: true,
    options: { _query: request.query, _body: {} },
  });
  return result as IncomingMessage;
}

/**
 * Reads a response to its end. Unlike docker-modem (5.0), which then never answers, this rejects where the
 * connection breaks between the head of the response and its end.
 */
export async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) text += String(piece);
  return text;
}

/**
 * Turns a request into a raw connection. Its body is empty and says so: what dockerode's own `attach` sends as
 * the body could reach the container's stdin.
 */
export async function hijack(docker: Docker, request: EngineRequest): Promise<Duplex> {
  const result = await dial(docker, {
    ...base(request),
    method: 'POST',
    isStream: true,
    hijack: true,
    file: Buffer.alloc(0),
    options: { _query: request.query },
  });
  // A socket, or over ssh a channel.
  if (result instanceof Duplex) return result;
  // A 200 without an upgrade: a proxy in between that does not pass it on.
  if (result !== null && typeof result === 'object' && 'destroy' in result) (result as IncomingMessage).destroy();
  throw new HodeiError(
    'provider_unavailable',
    'the Docker Engine did not open a raw connection; a proxy in between may not pass "Upgrade" on',
  );
}

const base = ({ path, abortSignal }: EngineRequest): Pick<DialOptions, 'path' | 'abortSignal' | 'statusCodes'> => ({
  path: `${path}?`,
  abortSignal,
  statusCodes: OK,
});

function dial(docker: Docker, options: DialOptions): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  docker.modem.dial(options, (error, result) => {
    if (error !== null) reject(error);
    else resolve(result);
  });
  return promise;
}
