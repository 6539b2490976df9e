import { Socket } from 'node:net';
import { Readable } from 'node:stream';

import type { FastifyReply } from 'fastify';

import { goneSignal } from './gone-signal.ts';
import type { HttpContext } from './http-context.ts';

/**
 * Sends what a generator gives, no faster than the client reads it: at most one piece waits here beside what the
 * socket holds. A client that reads nothing at all for too long is cut off.
 *
 * @param make is given a signal that aborts when the client is gone.
 */
export function sendStream(
  http: HttpContext,
  reply: FastifyReply,
  contentType: string,
  make: (gone: AbortSignal) => AsyncIterable<string | Uint8Array>,
): FastifyReply {
  const slot = http.streams.take();
  reply.raw.once('close', () => slot[Symbol.dispose]());
  // Heartbeats keep a socket from being idle, unless nobody reads them.
  if (reply.raw.socket instanceof Socket) reply.raw.socket.setTimeout(http.limits.idleTimeoutMs);
  return reply
    .header('content-type', contentType)
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(make(goneSignal(reply)), { objectMode: true, highWaterMark: 1 }));
}
