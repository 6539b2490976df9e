import { deleteQueue, listQueues, pauseQueue, putQueue, resumeQueue } from '@hodei/application';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { QueueInputJson, QueueJson, QueueList, QueueParams } from './queue-schemas.ts';

export function addQueueRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/queues',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['queues'],
        summary: 'List the queues that are configured or have jobs, by name',
        response: { 200: QueueList },
      },
    },
    async () => ({ items: await listQueues(http.life().context) }),
  );

  app.put(
    '/v1/queues/:name',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['queues'],
        summary: 'Configure a queue',
        params: QueueParams,
        body: QueueInputJson,
        response: { 200: QueueJson },
      },
    },
    (request) => putQueue(http.life().context, { name: request.params.name, ...request.body }),
  );

  app.delete(
    '/v1/queues/:name',
    {
      config: { scope: 'operate' },
      schema: {
        tags: ['queues'],
        summary: 'Forget how a queue is configured',
        description: 'Its jobs stay in it.',
        params: QueueParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deleteQueue(http.life().context, request.params.name);
      return reply.code(204).send();
    },
  );

  for (const [verb, act, summary] of [
    ['pause', pauseQueue, 'Start no more jobs of a queue; those that run go on'],
    ['resume', resumeQueue, 'Let a paused queue go on'],
  ] as const) {
    app.post(
      `/v1/queues/:name/${verb}`,
      {
        config: { scope: 'operate' },
        schema: { tags: ['queues'], summary, params: QueueParams, response: { 200: QueueJson } },
      },
      (request) => act(http.life().context, request.params.name),
    );
  }
}
