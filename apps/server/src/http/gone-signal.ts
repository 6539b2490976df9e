import type { FastifyReply } from 'fastify';

/**
 * Aborts when the answer was sent, or the client is gone. By the answer, not the request: that one is closed as
 * soon as its body was read (Node.js, `http.IncomingMessage`, event `close`).
 */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (reply.raw.destroyed) gone.abort();
  else reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
