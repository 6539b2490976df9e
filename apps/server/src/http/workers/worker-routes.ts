import { getWorker, listWorkers } from '@hodei/application';
import { HodeiError, parseProviderId, parseWorkerId, type WorkerId } from '@hodei/domain';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { pageToJson } from '../schema-parts.ts';
import { workerToJson } from './worker-json.ts';
import { WorkerJson, WorkerListQuery, WorkerPage, WorkerParams } from './worker-schemas.ts';

export function addWorkerRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/workers',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['workers'],
        summary: 'List workers, the newest first',
        querystring: WorkerListQuery,
        response: { 200: WorkerPage },
      },
    },
    async (request) => {
      const { state, providerId, ...page } = request.query;
      const found = await listWorkers(http.life().context, {
        ...page,
        ...(state === undefined ? {} : { states: state }),
        ...(providerId === undefined ? {} : { providerId: parseProviderId(providerId) }),
      });
      return pageToJson(found, workerToJson);
    },
  );

  app.get(
    '/v1/workers/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['workers'],
        summary: 'Look at a worker',
        params: WorkerParams,
        response: { 200: WorkerJson },
      },
    },
    async (request) => workerToJson(await getWorker(http.life().context, readWorkerId(request.params.id))),
  );
}

/** What is no id is the id of nothing. @throws HodeiError `not_found` */
function readWorkerId(id: string): WorkerId {
  try {
    return parseWorkerId(id);
  } catch (error) {
    throw new HodeiError('not_found', `there is no worker "${id.slice(0, 80)}"; an id is a UUID`, { cause: error });
  }
}
