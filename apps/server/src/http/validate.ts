import { HodeiError } from '@hodei/domain';
import type { FastifySchemaCompiler, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';

/** Types what a route takes by its schemas. What it answers is typed where it is made. */
export interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** How many mistakes are told at once. */
const TOLD = 5;

/** Checks a part of a request. In a query all is text, so numbers, truths and lists are read from it first. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const isQuery = httpPart === 'querystring' || httpPart === 'query';
  return (data: unknown) => {
    const parsed = schema.safeParse(isQuery ? readQuery(schema, data) : data);
    return parsed.success ? { value: parsed.data } : { error: refusalOf(parsed.error, httpPart) };
  };
};

/** What is told of the mistakes in a part of a request. */
export function refusalOf(error: z.ZodError, part: string | undefined): HodeiError {
  const told = error.issues.slice(0, TOLD).map(({ path, message }) => {
    const place = path.map(String).join('.').slice(0, 200);
    return place === '' ? message.slice(0, 300) : `${place}: ${message.slice(0, 300)}`;
  });
  const more = error.issues.length > TOLD ? `; and ${error.issues.length - TOLD} more` : '';
  const field = error.issues[0]?.path.map(String).join('.').slice(0, 200);
  const where = part === 'body' ? '' : `${part === 'params' ? 'path' : 'query'}: `;
  const details = field === undefined || field === '' ? {} : { field };
  return new HodeiError('invalid_input', `${where}${told.join('; ')}${more}`, { details });
}

function readQuery(schema: z.ZodType, data: unknown): unknown {
  if (!(schema instanceof z.ZodObject) || typeof data !== 'object' || data === null) return data;
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      Object.hasOwn(shape, name) ? readText(kindOf(shape[name]), value) : (value as unknown),
    ]),
  );
}

/** What stands behind `optional` and `default`. */
function kindOf(schema: z.ZodType | undefined): string {
  if (schema === undefined) return 'unknown';
  const inner = (schema.def as { readonly innerType?: z.ZodType }).innerType;
  return inner === undefined ? schema.def.type : kindOf(inner);
}

function readText(kind: string, value: unknown): unknown {
  if (kind === 'array') return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if (kind === 'number') return /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (kind === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}
