import { destroyWorkerNow, drainWorker, getWorker, listWorkers } from '@hodei/application';
import { HodeiError, parseProviderId, parseWorkerId, type WorkerId } from '@hodei/domain';
import type { FastifyReply } from 'fastify';

import type { App } from '../app.ts';
import type { Caller } from '../auth/caller.ts';
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

  app.post(
    '/v1/workers/:id/drain',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['workers'],
        summary: 'Ask a worker to take nothing new and go',
        description: 'An idle one goes at once, one that has a job when that has ended. Idempotent.',
        params: WorkerParams,
        response: { 202: WorkerJson },
      },
    },
    (request, reply) => end(drainWorker, request, reply),
  );

  app.delete(
    '/v1/workers/:id',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['workers'],
        summary: 'Destroy a worker, whatever it does',
        description: 'A job in it is killed and tried again on another worker; to end a job, cancel it. Idempotent.',
        params: WorkerParams,
        response: { 202: WorkerJson },
      },
    },
    (request, reply) => end(destroyWorkerNow, request, reply),
  );

  /** Its owner is told, and acts: the answer comes before it is gone. */
  async function end(
    ask: typeof drainWorker,
    request: { readonly params: { readonly id: string }; readonly caller: Caller },
    reply: Pick<FastifyReply, 'code'>,
  ): Promise<unknown> {
    const { context } = http.life();
    const { id } = await ask(context, readWorkerId(request.params.id), request.caller.by);
    void reply.code(202);
    return workerToJson(await getWorker(context, id));
  }
}

/** What is no id is the id of nothing. @throws HodeiError `not_found` */
function readWorkerId(id: string): WorkerId {
  try {
    return parseWorkerId(id);
  } catch (error) {
    throw new HodeiError('not_found', `there is no worker "${id.slice(0, 80)}"; an id is a UUID`, { cause: error });
  }
}
