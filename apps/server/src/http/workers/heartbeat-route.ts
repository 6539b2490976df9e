import { reportHeartbeat } from '@hodei/application';
import { HodeiError } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { Authentication } from '../auth/authenticate.ts';
import type { HttpContext } from '../http-context.ts';
import { Moment } from '../schema-parts.ts';
import { WorkerParams } from './worker-schemas.ts';

const HeartbeatInput = z
  .strictObject({
    at: z.iso.datetime({ offset: true }).describe('when, by its own clock'),
    progress: z.string().max(200).describe('one line for people').exactOptional(),
  })
  .meta({ id: 'HeartbeatInput' });

const HeartbeatAnswer = z
  .strictObject({
    token: z.string().describe('for the next report; the one of this report is worth nothing once this was used'),
    heartbeatAt: Moment.exactOptional(),
  })
  .meta({ id: 'HeartbeatAnswer' });

/** A worker's own report: not with a token of a user, but with its own, which is good for this and nothing else. */
export function addHeartbeatRoute(app: App, http: HttpContext, authentication: Authentication): void {
  app.post(
    '/v1/workers/:id/heartbeat',
    {
      schema: {
        tags: ['workers'],
        summary: "A worker's own report",
        security: [{ workerToken: [] }],
        description:
          'With the token that is in HODEI_WORKER_TOKEN of a job with selfReport. Each is good for one report, whose answer has the next.',
        params: WorkerParams,
        body: HeartbeatInput,
        response: { 200: HeartbeatAnswer },
      },
    },
    async (request, reply) => {
      const { at, progress } = request.body;
      const report = { at: Date.parse(at), ...(progress === undefined ? {} : { progress }) };
      const { worker, token } = await authentication.tryOwnToken(request, (text) => {
        // Its token names its worker: one for another worker is not used up here.
        if (!text.includes(`_${request.params.id.toLowerCase()}_`))
          throw new HodeiError('unauthenticated', 'this is no token of this worker');
        return reportHeartbeat(http.life().context, text, report);
      });
      const { heartbeat } = worker;
      return reply.header('cache-control', 'no-store').send({
        token,
        ...(heartbeat === undefined ? {} : { heartbeatAt: new Date(heartbeat.at).toISOString() }),
      });
    },
  );
}
