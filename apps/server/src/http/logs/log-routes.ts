import { followOutput } from '@hodei/application';
import { isTerminalJobState, type JobId, type LogRecord } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import type { HttpLife } from '../http-life.ts';
import { visibleJob } from '../jobs/job-access.ts';
import { jobToJson } from '../jobs/job-json.ts';
import { JobParams } from '../jobs/job-schemas.ts';
import { readLastEventId } from '../read-last-event-id.ts';
import { sendStream } from '../send-stream.ts';
import { SSE_TYPE, toSse, type SseEvent } from '../sse.ts';
import { untilOver } from '../until-over.ts';
import { LogQuery } from './log-schemas.ts';
import { recordToJson } from './record-json.ts';

const DESCRIPTION = `
What the job has written, byte for byte, as text/plain: both streams in the order in which they were stored.

With "follow", or where the client accepts text/event-stream only, as server-sent events. "output" has the bytes
(OutputEvent); its id is a place to go on from. "end" has the job (Job) and comes last, once it has ended. "problem"
(Problem) says why the stream ends early. A stream that ends without "end" goes on with Last-Event-ID, here or at
another server of the same installation.`;

/** How much of the output one stream holds at once, in bytes; a record may be larger. */
const PAGE_BYTES = 64 * 1024;

export function addLogRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/jobs/:id/logs',
    {
      config: { scope: 'read', openToTenants: true },
      schema: {
        tags: ['jobs'],
        summary: 'Read or follow the output of a job',
        description: DESCRIPTION,
        params: JobParams,
        querystring: LogQuery,
        response: {
          200: {
            description: 'the output',
            content: { 'text/plain': { schema: z.string() }, [SSE_TYPE]: { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const life = http.life();
      const { id } = await visibleJob(life, request.caller, request.params.id);
      const { follow, stream, since, after } = request.query;
      const query = {
        jobId: id,
        follow,
        afterSeq: readLastEventId(request) ?? after ?? 0,
        pageBytes: PAGE_BYTES,
        ...(stream === undefined ? {} : { stream }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
      };
      if (!follow && request.headers.accept !== SSE_TYPE) {
        return sendStream(http, reply, 'text/plain; charset=utf-8', (signal) =>
          bytesOf(followOutput(life.following, { ...query, signal })),
        );
      }
      return sendStream(http, reply, SSE_TYPE, (gone) =>
        toSse(
          untilOver(http, life.over, gone, (signal) =>
            logEvents(life, id, followOutput(life.following, { ...query, signal })),
          ),
          http.limits.heartbeatMs,
        ),
      );
    },
  );
}

async function* logEvents(life: HttpLife, jobId: JobId, output: AsyncIterable<LogRecord>): AsyncGenerator<SseEvent> {
  let last = 0;
  for await (const record of output) {
    // The final count of a gap that was told already comes again at the end; that is no place to go on from.
    const id = record.seq > last ? { id: String(record.seq) } : {};
    last = Math.max(last, record.seq);
    yield { event: 'output', ...id, data: recordToJson(record) };
  }
  const job = await life.following.repositories.jobs.get(jobId);
  if (isTerminalJobState(job.state)) yield { event: 'end', data: jobToJson(job) };
}

async function* bytesOf(output: AsyncIterable<LogRecord>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of output) if (bytes.length > 0) yield bytes;
}
