import { createToken, listTokens, revokeToken } from '@hodei/application';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { tokenToJson } from './token-json.ts';
import { NewTokenJson, TokenInputJson, TokenJson, TokenList, TokenParams } from './token-schemas.ts';

export function addTokenRoutes(app: App, http: HttpContext): void {
  app.get(
    '/v1/tokens',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['tokens'],
        summary: 'List all tokens, the oldest first',
        response: { 200: TokenList },
      },
    },
    async () => ({ items: (await listTokens(http.life().context)).map(tokenToJson) }),
  );

  app.post(
    '/v1/tokens',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['tokens'],
        summary: 'Make a token',
        description: 'With the first one, every request needs one.',
        body: TokenInputJson,
        response: { 201: NewTokenJson },
      },
    },
    async (request, reply) => {
      const { expiresAt, ...input } = request.body;
      const { token, text } = await createToken(
        http.life().context,
        { ...input, ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }) },
        request.caller.by,
      );
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...tokenToJson(token), token: text });
    },
  );

  app.delete(
    '/v1/tokens/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['tokens'],
        summary: 'Revoke a token',
        description: 'Every server heeds it within 5 seconds. Idempotent.',
        params: TokenParams,
        response: { 200: TokenJson },
      },
    },
    async (request) => tokenToJson(await revokeToken(http.life().context, request.params.id, request.caller.by)),
  );
}
