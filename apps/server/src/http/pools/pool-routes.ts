import { deletePool, listPools, putPool } from '@hodei/application';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { poolToJson, poolViewToJson } from './pool-json.ts';
import { PoolInputJson, PoolJson, PoolList, PoolParams } from './pool-schemas.ts';

export function addPoolRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/pools',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['pools'],
        summary: 'List the pools of workers that are kept ready, by name',
        response: { 200: PoolList },
      },
    },
    async () => ({ items: (await listPools(http.life().context)).map(poolViewToJson) }),
  );

  app.put(
    '/v1/pools/:name',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['pools'],
        summary: 'Make a pool, or replace it as a whole',
        params: PoolParams,
        body: PoolInputJson,
        response: { 200: PoolJson },
      },
    },
    async (request) => poolToJson(await putPool(http.life().context, { name: request.params.name, ...request.body })),
  );

  app.delete(
    '/v1/pools/:name',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['pools'],
        summary: 'Forget a pool',
        description: 'Its idle workers are destroyed; jobs go on.',
        params: PoolParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deletePool(http.life().context, request.params.name);
      return reply.code(204).send();
    },
  );
}
