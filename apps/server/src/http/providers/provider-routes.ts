import type { ProviderRegistry, ProviderView } from '@hodei/application';
import { parseProviderId } from '@hodei/domain';
import { z } from 'zod';

import type { App } from '../app.ts';
import type { HttpContext } from '../http-context.ts';
import { providerToJson } from './provider-json.ts';
import {
  ProviderInputJson,
  ProviderJson,
  ProviderList,
  ProviderListQuery,
  ProviderParams,
  ProviderPatchJson,
} from './provider-schemas.ts';

export function addProviderRoutes(app: App, http: HttpContext): void {
  const registry = (): ProviderRegistry => http.life().context.registry;

  app.get(
    '/v1/providers',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['providers'],
        summary: 'List the providers of workers, by name',
        querystring: ProviderListQuery,
        response: { 200: ProviderList },
      },
    },
    async (request) => ({ items: (await registry().find(request.query)).map(providerToJson) }),
  );

  app.post(
    '/v1/providers',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['providers'],
        summary: 'Add a provider',
        body: ProviderInputJson,
        response: { 201: ProviderJson },
      },
    },
    async (request, reply) => {
      const { id } = await registry().register(request.body);
      return reply
        .code(201)
        .header('location', `/v1/providers/${id}`)
        .send(providerToJson(await registry().get(id)));
    },
  );

  app.get(
    '/v1/providers/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['providers'],
        summary: 'Look at a provider',
        params: ProviderParams,
        response: { 200: ProviderJson },
      },
    },
    async (request) => providerToJson(await find(registry(), request.params.id)),
  );

  app.patch(
    '/v1/providers/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['providers'],
        summary: 'Change a provider',
        description: 'Its mode too: "disabled" and "maintenance" let it finish what it has.',
        params: ProviderParams,
        body: ProviderPatchJson,
        response: { 200: ProviderJson },
      },
    },
    async (request) => {
      const { config } = await find(registry(), request.params.id);
      await registry().update(config.id, request.body);
      return providerToJson(await registry().get(config.id));
    },
  );

  app.delete(
    '/v1/providers/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['providers'],
        summary: 'Forget a provider',
        description: 'Refused while it has workers.',
        params: ProviderParams,
        response: { 204: z.null().describe('it is gone') },
      },
    },
    async (request, reply) => {
      const { config } = await find(registry(), request.params.id);
      await registry().delete(config.id);
      return reply.code(204).send();
    },
  );
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By its id or its name. @throws HodeiError `not_found` */
const find = (registry: ProviderRegistry, idOrName: string): Promise<ProviderView> =>
  ID.test(idOrName) ? registry.get(parseProviderId(idOrName)) : registry.getByName(idOrName);
