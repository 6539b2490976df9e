import fastifySwagger, { type SwaggerTransformObject } from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { TokenScope } from '@hodei/domain';
import type { RouteOptions } from 'fastify';

import type { App } from './app.ts';
import { OpenApiSchemas, toldSchema } from './openapi-schemas.ts';
import { Problem, PROBLEM_TYPE } from './problem.ts';

const DESCRIPTION = `
Jobs: one command in one image, each run on an ephemeral worker.

Errors are problem details (RFC 9457) with a "code" for programs. Fields that are not known are refused. Moments are
ISO 8601 in UTC, lengths of time milliseconds, sizes bytes. Streams are server-sent events; Last-Event-ID goes on
where the client was.`;

/** The document at /openapi.json, made of the schemas of the routes, and an explorer of it at /docs. */
export async function addOpenApi(app: App, version: string): Promise<void> {
  const schemas = new OpenApiSchemas();
  app.addHook('onRoute', addProblems);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Hodei Jobs', version, description: DESCRIPTION },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: ({ schema, url, route }) => {
      const told = toldSchema({ schema });
      if (told === undefined) return { url, schema: { hide: true } };
      return { url, schema: { security: securityOf(route.config?.scope), ...schemas.ofRoute(told) } };
    },
    // Its types are those of 3.0 and 3.1 at once, and know no difference between absent and undefined.
    transformObject: ((document: { readonly openapiObject: { readonly components?: object } }) => ({
      ...document.openapiObject,
      components: { ...document.openapiObject.components, schemas: schemas.components },
    })) as unknown as SwaggerTransformObject,
  });
  // It ships all that it shows: no browser is sent anywhere else.
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { validatorUrl: null } });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

const SECURITY_SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'a token of "hodei tokens create"; the scope that an operation takes is named with it',
  },
  workerToken: { type: 'http', scheme: 'bearer', description: "a worker's own, from HODEI_WORKER_TOKEN" },
} as const;

/** Without any token in the installation, none is needed; see docs/http-api.md. */
const securityOf = (scope: TokenScope | undefined): Readonly<Record<string, string[]>>[] =>
  scope === undefined ? [] : [{}, { token: [scope] }];

/** Every route may answer with a problem. */
function addProblems(route: RouteOptions): void {
  const schema = toldSchema(route);
  if (schema === undefined) return;
  const problem = { description: 'a problem', content: { [PROBLEM_TYPE]: { schema: Problem } } };
  schema['response'] = { ...(schema['response'] as object | undefined), '4xx': problem, '5xx': problem };
}
