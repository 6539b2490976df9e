import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

import { plain, PROBLEM_TYPE } from './problem.ts';

/** Which methods each path has, to tell a wrong method from a wrong path. */
export class KnownRoutes {
  readonly #routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];

  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    const pattern = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.\\+?^$()[\]{}|]/g, String.raw`\$&`)))
      .join('/')
      .replaceAll('*', '.*');
    this.#routes.push({ path: new RegExp(`^${pattern}$`), methods: [method].flat() });
  }

  /** Empty for a path that nothing has. */
  methodsOf(path: string): readonly string[] {
    const methods = this.#routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].toSorted();
  }
}

export function answerUnknownRoute(known: KnownRoutes, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const found = known.methodsOf(path);
  // Where a path with a pattern leads nowhere, it is the path that is wrong.
  const methods = found.includes(request.method) ? [] : found;
  if (methods.length > 0) void reply.header('allow', methods.join(', '));
  const answer =
    methods.length === 0
      ? plain(404, 'not_found', `there is nothing at ${path.slice(0, 200)}; /docs shows what there is`)
      : plain(405, 'unsupported', `${request.method} is not possible here; ${methods.join(', ')} is`);
  return reply
    .code(answer.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify({ ...answer, requestId: request.id }));
}
