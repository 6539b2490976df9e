import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EngineEndpoint } from './engine-address.ts';

export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: Readable | string;
  readonly contentType?: string;
  /** Gives up when nothing is sent or received for so long. */
  readonly idleTimeoutMs?: number;
}

/** A call of the engine's HTTP API with an answer that streams. Plain `node:http`: it runs before anything is built. */
export const requestEngine = async (
  endpoint: EngineEndpoint,
  path: string,
  { method = 'GET', body, contentType, idleTimeoutMs = 30_000 }: EngineRequest = {},
): Promise<IncomingMessage> => {
  const request: ClientRequest = (endpoint.tls ? httpsRequest : httpRequest)({
    ...endpoint.options,
    path,
    method,
    timeout: idleTimeoutMs,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
  });
  request.on('timeout', () => request.destroy(new Error(`the engine did not answer within ${idleTimeoutMs / 1000} s`)));
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const sent = body instanceof Readable ? pipeline(body, request) : Promise.resolve(void request.end(body));
  const [[response]] = await Promise.all([answered, sent]);
  return response;
};

/** The whole answer as text; an error of the engine's becomes one of ours, with its message. */
export const callEngine = async (endpoint: EngineEndpoint, path: string, options?: EngineRequest): Promise<string> => {
  const response = await requestEngine(endpoint, path, options);
  const text = Buffer.concat(await response.toArray()).toString();
  if ((response.statusCode ?? 500) >= 400) {
    throw new EngineError(response.statusCode ?? 500, messageOf(text));
  }
  return text;
};

export class EngineError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

const messageOf = (text: string): string => {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
};
