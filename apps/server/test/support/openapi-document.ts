import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';

/** A JSON schema, as far as the document uses them. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly format?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** One thing that can be asked. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Schema;
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** What the document says, ready to be asked for and checked against. */
export class OpenApiDocument {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly operations: readonly Operation[];

  constructor(json: string) {
    const document = JSON.parse(json) as {
      readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
      readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
    };
    this.#schemas = document.components.schemas;
    this.#ajv.addSchema(document, 'document');
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
        const body = requestBody?.content['application/json']?.schema;
        return { method: method.toUpperCase(), path, parameters, responses, ...(body === undefined ? {} : { body }) };
      }),
    );
  }

  /** What is wrong with an answer, by what is declared for it; absent where nothing is. */
  faultOf({ responses }: Operation, status: number, contentType: string, body: string): string | undefined {
    const declared = responses[String(status)] ?? responses[`${String(status)[0]}XX`];
    if (declared === undefined) return `no answer with status ${status} is declared`;
    if (declared.content === undefined) return body === '' ? undefined : 'a body is not declared';
    const type = contentType.split(';')[0] ?? '';
    const schema = declared.content[type]?.schema;
    if (schema === undefined) return type === '' && body === '' ? undefined : `${type} is not declared for ${status}`;
    if (!type.endsWith('json')) return undefined;
    const validate = this.#ajv.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')) as object,
    );
    return validate(JSON.parse(body)) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  /** Values as the schema wants them, and here and there something else. */
  valuesOf(schema: Schema): fc.Arbitrary<unknown> {
    return fc.oneof({ weight: 30, arbitrary: this.#right(schema) }, { weight: 1, arbitrary: NASTY });
  }

  #right(schema: Schema): fc.Arbitrary<unknown> {
    const { $ref, enum: choices, anyOf, oneOf, type } = schema;
    if ($ref !== undefined) return this.valuesOf(this.#schemas[$ref.split('/').at(-1) ?? ''] ?? {});
    if (choices !== undefined) return fc.constantFrom(...choices);
    if ('const' in schema) return fc.constant(schema.const);
    const either = anyOf ?? oneOf;
    if (either !== undefined) return fc.oneof(...either.map((one) => this.valuesOf(one)));
    switch (type) {
      case 'string':
        return textOf(schema);
      case 'integer':
        return fc.oneof(
          fc.integer({ min: Math.max(schema.minimum ?? 0, -(2 ** 31)), max: Math.min(schema.maximum ?? 100, 2 ** 31) }),
          fc.maxSafeInteger(),
        );
      case 'number':
        return fc.double({ min: 0, max: 8, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'array':
        return fc.array(this.valuesOf(schema.items ?? {}), { maxLength: 4 });
      case 'object':
        return this.#objectOf(schema);
      default:
        return fc.jsonValue({ maxDepth: 1 });
    }
  }

  #objectOf({ properties, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
    if (properties === undefined) {
      const values = typeof additionalProperties === 'object' ? this.valuesOf(additionalProperties) : fc.jsonValue();
      return fc.dictionary(fc.oneof(fc.stringMatching(/^[A-Za-z_]{1,8}$/), fc.string()), values, { maxKeys: 3 });
    }
    const fields = Object.entries(properties).map(([name, schema]) => [name, this.valuesOf(schema)] as const);
    const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
    const unknown = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { minKeys: 1, maxKeys: 1 });
    return fc.oneof(
      { weight: 20, arbitrary: known },
      { weight: 1, arbitrary: fc.tuple(known, unknown).map(([a, b]) => ({ ...a, ...b })) },
    );
  }
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Operation['responses'];
}

/** What careless or hostile callers send in place of anything. */
const NASTY: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    "'; DROP TABLE jobs; --",
    -1,
    1e308,
    0.1,
    [],
    {},
  ),
  fc.constant('x'.repeat(10_000)),
  fc.constant(JSON.parse('{"__proto__": {"image": "x"}, "constructor": 1}') as unknown),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 2 }),
);

function textOf({ format, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString());
  if (format === 'base64') return fc.base64String({ maxLength: 40 });
  const words = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
  return fc.oneof(words, fc.string({ maxLength: Math.min(maxLength, 40) }));
}
