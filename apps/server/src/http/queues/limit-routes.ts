import { deleteLimit, listLimits, putLimit } from '@hodei/application';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { LimitInputJson, LimitJson, LimitList, LimitParams } from './queue-schemas.ts';

export function addLimitRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/limits',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['queues'],
        summary: 'List how many jobs with a concurrency key may be in flight, and how many are',
        response: { 200: LimitList },
      },
    },
    async () => ({ items: await listLimits(http.life().context) }),
  );

  app.put(
    '/v1/limits/:key',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['queues'],
        summary: 'Limit how many jobs with a concurrency key are in flight',
        params: LimitParams,
        body: LimitInputJson,
        response: { 200: LimitJson },
      },
    },
    (request) => putLimit(http.life().context, { key: request.params.key, ...request.body }),
  );

  app.delete(
    '/v1/limits/:key',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['queues'],
        summary: 'Take a limit away',
        params: LimitParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deleteLimit(http.life().context, request.params.key);
      return reply.code(204).send();
    },
  );
}
