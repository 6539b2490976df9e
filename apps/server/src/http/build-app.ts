import { randomUUID } from 'node:crypto';

import fastify, { type FastifyError, type FastifyReply } from 'fastify';

import type { App } from './app.ts';
import { assertOneHost } from './assert-one-host.ts';
import { recordRequest } from './auth/record-request.ts';
import { Authentication } from './auth/authenticate.ts';
import { answerClientError } from './client-error.ts';
import { addEventRoutes } from './events/event-routes.ts';
import { addHealthRoutes } from './health/health-routes.ts';
import type { HttpContext } from './http-context.ts';
import { addJobRoutes } from './jobs/job-routes.ts';
import { readJsonBodies } from './json-bodies.ts';
import { addSubmitManyRoute } from './jobs/submit-many-route.ts';
import { MAX_WAIT_MS } from './jobs/read-wait.ts';
import { addLogRoutes } from './logs/log-routes.ts';
import { answerUnknownRoute, KnownRoutes } from './known-routes.ts';
import { addOpenApi } from './openapi.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';
import { addMetricsRoute } from './metrics/metrics-route.ts';
import { addProviderRoutes } from './providers/provider-routes.ts';
import { addPoolRoutes } from './pools/pool-routes.ts';
import { addLimitRoutes } from './queues/limit-routes.ts';
import { addQueueRoutes } from './queues/queue-routes.ts';
import { addTokenRoutes } from './tokens/token-routes.ts';
import { validatorCompiler } from './validate.ts';
import { addHeartbeatRoute } from './workers/heartbeat-route.ts';
import { addWorkerRoutes } from './workers/worker-routes.ts';

/** Bodies of everything but a job. */
const BODY_BYTES = 1024 * 1024;
/** A request line and its headers. */
const HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;

/** The whole HTTP API, not yet listening. */
export async function buildApp(http: HttpContext): Promise<App> {
  const { limits } = http;
  const app: App = fastify({
    bodyLimit: BODY_BYTES,
    // Longer than any request waits in silence; streams have a shorter one of their own.
    connectionTimeout: MAX_WAIT_MS + 30_000,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // So that Fastify does not load its own compilers, and ajv with them; ours are set below.
    schemaController: { compilersFactory: { buildValidator: neverBuilt, buildSerializer: neverBuilt } },
    genReqId: () => randomUUID(),
    http: {
      maxHeaderSize: HEADER_BYTES,
      // Ours answers with a problem.
      requireHostHeader: false,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error, request.id);
      // Typed for routes with schemas; this is none.
      void (reply as unknown as FastifyReply).code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
    },
  });
  app.server.maxHeadersCount = MAX_HEADERS;
  app.server.maxConnections = limits.maxConnections;
  readJsonBodies(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.decorateRequest('caller');

  const authentication = new Authentication({
    clock: http.clock,
    tokens: () => http.life().context.repositories.tokens,
  });
  const known = new KnownRoutes();
  app.addHook('onRoute', (route) => known.add(route));
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('x-request-id', request.id);
    assertOneHost(request.raw);
    await authentication.admit(request);
  });
  app.addHook('preHandler', (request) => recordRequest(http, request));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error, request.id);
    if (problem.status >= 500)
      http.diagnostics.error('a request has failed', { error, requestId: request.id, path: request.routeOptions.url });
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="hodei"');
    if (problem.retryable && problem.status !== 409) void reply.header('retry-after', '1');
    return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  });
  app.setNotFoundHandler((request, reply) => answerUnknownRoute(known, request, reply));

  await addOpenApi(app, http.version);
  addMetricsRoute(app, http);
  addHealthRoutes(app, http);
  addJobRoutes(app, http);
  addSubmitManyRoute(app, http);
  addLogRoutes(app, http);
  addWorkerRoutes(app, http);
  addHeartbeatRoute(app, http, authentication);
  addProviderRoutes(app, http);
  addEventRoutes(app, http);
  addQueueRoutes(app, http);
  addLimitRoutes(app, http);
  addPoolRoutes(app, http);
  addTokenRoutes(app, http);
  await app.ready();
  return app;
}

function neverBuilt(): never {
  throw new Error('the compilers of Fastify are in use; set ours before the first route');
}
