import { createToken } from '@hodei/application';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { OpenApiDocument, type Operation } from '../support/openapi-document.ts';

const RUNS = 60;

let api: MemoryApi;
let document: OpenApiDocument;
let token: string;
let job: string;
let worker: string;

beforeAll(async () => {
  api = await startMemoryApi();
  document = new OpenApiDocument((await api.app.inject('/openapi.json')).body);
  token = (await createToken(api.plane.context, { name: 'fuzz', scopes: ['admin'] }, 'a test')).text;
  const headers = { authorization: `Bearer ${token}` };
  const made = await api.app.inject({
    method: 'POST',
    url: '/v1/jobs?wait=10s',
    headers,
    payload: { command: ['echo', 'x'] },
  });
  job = made.json<{ id: string }>().id;
  worker =
    (await api.app.inject({ url: '/v1/workers', headers })).json<{ items: { id: string }[] }>().items[0]?.id ?? '';
});
afterAll(() => api[Symbol.asyncDispose]());

/** What stands in a path: mostly something that is there. */
const pathValues = (name: string, path: string): fc.Arbitrary<string> => {
  const there = path.includes('/jobs/') ? job : path.includes('/workers/') ? worker : 'fuzz-1';
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(there, 'fuzz-1') },
    { weight: 1, arbitrary: fc.constantFrom('*', '..', '%00', '%2e%2e%2f', '-', `${name}?x=1`, '\u202e') },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.string({ minLength: 1, unit: 'binary', maxLength: 20 }) },
  );
};

const requestsOf = (operation: Operation) => {
  const { path, parameters, body } = operation;
  const values = fc.tuple(
    ...parameters.map(({ name, in: place, required, schema }) => {
      if (place === 'path') return pathValues(name, path).map((value) => ({ place, name, value: [value] }));
      // Long waits, and streams of what has not ended, would only make the test slow.
      const of =
        name === 'wait'
          ? fc.constantFrom<unknown>('0ms', '5ms', '1x', '', '9999999s')
          : document
              .valuesOf(schema)
              .filter((value) => !(name === 'follow' && value === true && path !== `/v1/jobs/{id}/logs`));
      const given = of.map((value) => ({ place, name, value: [value].flat().map(String) }));
      return required === true ? given : fc.option(given, { nil: undefined, freq: 3 });
    }),
  );
  return fc.record({ values, body: body === undefined ? fc.constant(undefined) : document.valuesOf(body) });
};

describe('whatever is sent to an operation of the document', () => {
  it('is answered as declared, and never with a fault of the server', async () => {
    expect(document.operations.length).toBeGreaterThan(15);
    for (const operation of document.operations) {
      // It never ends; what is wrong with its query is asked for elsewhere.
      if (operation.path === '/v1/events') continue;
      await fc.assert(
        fc.asyncProperty(requestsOf(operation), (request) => check(operation, request)),
        { numRuns: RUNS },
      );
    }
    expect(api.plane.reported).toEqual([]);
  }, 60_000);
});

type Request = { readonly values: readonly (Given | undefined)[]; readonly body: unknown };
type Given = { readonly place: string; readonly name: string; readonly value: readonly string[] };

async function check(operation: Operation, { values, body }: Request): Promise<void> {
  const given = values.filter((value) => value !== undefined);
  let path = operation.path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  for (const { place, name, value } of given) {
    if (place === 'path') path = path.replace(`{${name}}`, () => encodePart(value.join()));
    else if (place === 'query') for (const one of value) query.append(name, one);
    else headers[name] = value.join().replaceAll(/[^\x20-\x7e]/g, '?');
  }
  const answer = await api.app.inject({
    method: operation.method as 'GET',
    url: `${path}?${query.toString()}`,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const asked = `${operation.method} ${path}?${query.toString()} ${JSON.stringify(body)?.slice(0, 500)}`;
  if (answer.statusCode >= 500 && operation.path !== '/readyz') throw new Error(`${asked}: ${answer.body}`);
  // A path that leads nowhere else is no longer this operation.
  if (answer.statusCode === 404 || answer.statusCode === 405) return;
  const fault = document.faultOf(
    operation,
    answer.statusCode,
    String(answer.headers['content-type'] ?? ''),
    answer.body,
  );
  if (fault !== undefined) throw new Error(`${asked}: ${answer.statusCode} ${fault}: ${answer.body.slice(0, 2000)}`);
}

/** As it is where it is escaped already; what no URL can hold is escaped. */
const encodePart = (text: string): string =>
  /^[%\w.*-]+$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
