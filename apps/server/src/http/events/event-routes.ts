import { followHistory } from '@hodei/application';
import { HodeiError, parseJobId, parseProviderId, parseWorkerId, type HistoryEvent } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { HttpContext } from '../http-context.ts';
import type { HttpLife } from '../http-life.ts';
import { visibleJob } from '../jobs/job-access.ts';
import { readLastEventId } from '../read-last-event-id.ts';
import { sendStream } from '../send-stream.ts';
import { SSE_TYPE, toSse, type SseEvent } from '../sse.ts';
import { untilOver } from '../until-over.ts';
import { EventQuery, type HistoryEventJson } from './event-schemas.ts';

const DESCRIPTION = `
What happens in the installation, as server-sent events named "history" (HistoryEvent), each once and in order. Its id is
a place to go on from, here or at another server. Kinds are the subject and what became of it, like "job.running". A
stream that begins now says first, with an event named "start", from which id on that is.`;

export function addEventRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/events',
    {
      config: { scope: 'read', openToTenants: true },
      schema: {
        tags: ['events'],
        summary: 'Follow what happens',
        description: DESCRIPTION,
        querystring: EventQuery,
        response: { 200: { description: 'events', content: { [SSE_TYPE]: { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const life = http.life();
      const { after, jobId, workerId, providerId } = request.query;
      if (request.caller.tenant !== undefined) {
        if (jobId === undefined)
          throw new HodeiError('forbidden', "a tenant's token follows one job of its tenant: give ?jobId=");
        await visibleJob(life, request.caller, jobId);
      }
      const afterSeq = readLastEventId(request) ?? after;
      const query = {
        ...(afterSeq === undefined ? {} : { afterSeq }),
        ...(jobId === undefined ? {} : { jobId: parseJobId(jobId) }),
        ...(workerId === undefined ? {} : { workerId: parseWorkerId(workerId) }),
        ...(providerId === undefined ? {} : { providerId: parseProviderId(providerId) }),
      };
      return sendStream(http, reply, SSE_TYPE, (gone) =>
        toSse(
          untilOver(http, life.over, gone, (signal) => events(life, { ...query, signal })),
          http.limits.heartbeatMs,
        ),
      );
    },
  );
}

async function* events(life: HttpLife, query: Parameters<typeof followHistory>[1]): AsyncGenerator<SseEvent> {
  const afterSeq = query.afterSeq ?? (await life.following.tail.now());
  // Who is cut off before anything happened goes on from here, and misses nothing of the meantime.
  if (query.afterSeq === undefined) yield { event: 'start', id: String(afterSeq), data: {} };
  for await (const event of followHistory(life.following, { ...query, afterSeq }))
    yield { event: 'history', id: String(event.seq), data: toJson(event) };
}

const toJson = ({ at, ...event }: HistoryEvent): Frozen<HistoryEventJson> => ({ ...event, at: formatMoment(at) });
