import { checkPoolInput, isHodeiError, type Pool, type PoolInput } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { poolToJson } from './pool-json.ts';
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
    async () => ({ items: (await http.life().context.repositories.pools.list()).map(poolToJson) }),
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
    async (request) => poolToJson(await put({ name: request.params.name, ...request.body })),
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
      await http.life().context.repositories.pools.delete(request.params.name);
      return reply.code(204).send();
    },
  );

  /** Over whatever is there. @throws HodeiError `invalid_input`; `conflict` where somebody else was faster. */
  async function put(input: PoolInput): Promise<Pool> {
    const { repositories, clock } = http.life().context;
    const pool = checkPoolInput(input);
    const before = await repositories.pools.get(pool.name).catch((error: unknown) => {
      if (isHodeiError(error, 'not_found')) return undefined;
      throw error;
    });
    return repositories.pools.put({ pool, version: before?.version ?? 0, at: clock.now() });
  }
}
