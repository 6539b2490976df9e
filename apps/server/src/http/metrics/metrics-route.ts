import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { SSE_TYPE } from '../sse.ts';

const DESCRIPTION = `
Metrics in Prometheus' text format. Counters and histograms are this instance's; what is told of the whole
installation is read from the database at most once a second, and left out while that does not answer
(hodei_store_up is 0 then).`;

/** What every request is counted by, and what shows the counts. */
export function addMetricsRoute(app: App, http: HttpContext): void {
  const { metrics } = http;
  if (metrics === undefined) return;
  app.addHook('onResponse', async (request, reply) => {
    const type = reply.getHeader('content-type');
    // How long a stream or a wait takes is up to who asked for it.
    const isLong = type === SSE_TYPE || Object.hasOwn(request.query ?? {}, 'wait');
    metrics.http.answered({
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ...(isLong ? {} : { durationMs: reply.elapsedTime }),
    });
  });
  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['health'],
        summary: 'Metrics for Prometheus',
        description: DESCRIPTION,
        response: {
          200: { description: 'the metrics', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_, reply) => {
      const { context, runner, connections } = http.life();
      metrics.http.streamsOpen(http.streams.taken);
      const text = await metrics.text({ context, runner, connections });
      return reply.type(metrics.contentType).send(text);
    },
  );
}
