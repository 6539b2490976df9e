import type { FastifyRequest } from 'fastify';

import type { HttpContext } from '../http-context.ts';

/**
 * Writes down who is about to change something, before it is changed: no change goes without, and whether it came to
 * pass is told by its own event. Submissions and cancellations tell who by themselves, in one transaction.
 */
export async function recordRequest(http: HttpContext, request: FastifyRequest): Promise<void> {
  const { scope } = request.routeOptions.config;
  if (request.method === 'GET' || scope === undefined || scope === 'read' || scope === 'submit') return;
  const { repositories, clock } = http.life().context;
  await repositories.history.append({
    at: clock.now(),
    kind: 'audit.request',
    data: { by: request.caller.by, method: request.method, path: request.url.slice(0, 500), requestId: request.id },
  });
}
