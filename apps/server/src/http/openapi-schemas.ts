import { isDeepStrictEqual } from 'node:util';

import type { RouteOptions } from 'fastify';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** Turns the schemas of routes into those of an OpenAPI 3.1 document; those with an id stand in it once. */
export class OpenApiSchemas {
  /** By id. */
  readonly components: Record<string, Json> = {};

  /** What a route says of itself, with its schemas as JSON. */
  ofRoute({ body, querystring, params, headers, response, ...rest }: Record<string, unknown>): Record<string, unknown> {
    const parts = Object.entries({ body, querystring, params, headers }).filter(([, schema]) => schema !== undefined);
    const responses = Object.entries((response ?? {}) as Readonly<Record<string, unknown>>);
    return {
      ...rest,
      ...Object.fromEntries(parts.map(([part, schema]) => [part, this.#toJson(schema, 'input')])),
      response: Object.fromEntries(responses.map(([status, answer]) => [status, this.#ofAnswer(answer)])),
    };
  }

  #ofAnswer(answer: unknown): Json {
    if (answer instanceof z.ZodType) return this.#toJson(answer, 'output');
    const { description, content } = answer as { description: string; content: Record<string, { schema: unknown }> };
    const types = Object.entries(content).map(([type, { schema }]) => [
      type,
      { schema: this.#toJson(schema, 'output') },
    ]);
    return { description, content: Object.fromEntries(types) as Json };
  }

  #toJson(schema: unknown, io: 'input' | 'output'): Json {
    if (!(schema instanceof z.ZodType)) throw new TypeError('a route has a schema that is not made with zod');
    const text = JSON.stringify(z.toJSONSchema(schema, { io, override: dropPatterns })).replaceAll(
      '"#/$defs/',
      '"#/components/schemas/',
    );
    const {
      $schema: _,
      $defs = {},
      ...json
    } = JSON.parse(text) as Json & { readonly $defs?: Readonly<Record<string, Json>> };
    for (const [id, { id: __, ...component }] of Object.entries($defs)) {
      const known = this.components[id];
      if (known !== undefined && !isDeepStrictEqual(known, component))
        throw new TypeError(`two schemas have the id ${id}, or it means different things as input and output`);
      this.components[id] = component;
    }
    return json;
  }
}

/** The schema of a route; nothing where the document does not tell of it. */
export function toldSchema({ schema }: Pick<RouteOptions, 'schema'>): Record<string, unknown> | undefined {
  const told = schema as Record<string, unknown> | undefined;
  return told === undefined || told['hide'] === true ? undefined : told;
}

/** What a format says already need not stand there as a long expression once more. */
function dropPatterns({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}
