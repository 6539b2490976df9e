import { createToken, TOKEN_CACHE_MS } from '@hodei/application';
import { allows, TOKEN_SCOPES, type TokenScope } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { OpenApiDocument } from '../support/openapi-document.ts';

/** What each operation takes. One that is missing here fails the test. */
const EXPECTED: Readonly<Record<string, TokenScope | 'nothing' | 'a worker token'>> = {
  'GET /healthz': 'nothing',
  'GET /readyz': 'nothing',
  'GET /metrics': 'read',
  'GET /v1/events': 'read',
  'GET /v1/jobs': 'read',
  'POST /v1/jobs': 'submit',
  'POST /v1/jobs/batch': 'submit',
  'GET /v1/jobs/{id}': 'read',
  'POST /v1/jobs/{id}/cancel': 'submit',
  'GET /v1/jobs/{id}/logs': 'read',
  'GET /v1/limits': 'read',
  'PUT /v1/limits/{key}': 'operate',
  'DELETE /v1/limits/{key}': 'operate',
  'GET /v1/pools': 'read',
  'PUT /v1/pools/{name}': 'operate',
  'DELETE /v1/pools/{name}': 'operate',
  'GET /v1/providers': 'read',
  'POST /v1/providers': 'admin',
  'GET /v1/providers/{id}': 'read',
  'PATCH /v1/providers/{id}': 'admin',
  'DELETE /v1/providers/{id}': 'admin',
  'GET /v1/queues': 'read',
  'PUT /v1/queues/{name}': 'operate',
  'DELETE /v1/queues/{name}': 'operate',
  'POST /v1/queues/{name}/pause': 'operate',
  'POST /v1/queues/{name}/resume': 'operate',
  'GET /v1/tokens': 'admin',
  'POST /v1/tokens': 'admin',
  'DELETE /v1/tokens/{id}': 'admin',
  'GET /v1/workers': 'read',
  'GET /v1/workers/{id}': 'read',
  'POST /v1/workers/{id}/drain': 'operate',
  'DELETE /v1/workers/{id}': 'operate',
  'POST /v1/workers/{id}/heartbeat': 'a worker token',
};

/** What a tenant's token reaches: its own jobs. */
const OPEN_TO_TENANTS: readonly string[] = [
  'GET /v1/events',
  'GET /v1/jobs',
  'GET /v1/jobs/{id}',
  'GET /v1/jobs/{id}/logs',
  'POST /v1/jobs',
  'POST /v1/jobs/batch',
  'POST /v1/jobs/{id}/cancel',
];

let api: MemoryApi;
let operations: readonly string[];
let security: Readonly<Record<string, unknown>>;
const tokens = new Map<TokenScope | 'tenant', string>();

beforeAll(async () => {
  api = await startMemoryApi();
  const { body } = await api.app.inject('/openapi.json');
  operations = new OpenApiDocument(body).operations.map(({ method, path }) => `${method} ${path}`);
  const { paths } = JSON.parse(body) as {
    readonly paths: Record<string, Record<string, { readonly security: unknown }>>;
  };
  security = Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation.security]),
    ),
  );
  for (const scope of TOKEN_SCOPES)
    tokens.set(scope, (await createToken(api.plane.context, { name: scope, scopes: [scope] }, 'a test')).text);
  const tenant = { name: 'tenant', scopes: ['submit'], tenant: 'red' } as const;
  tokens.set('tenant', (await createToken(api.plane.context, tenant, 'a test')).text);
  // By then no server remembers that there was none.
  const { clock } = api.plane.context;
  const later = clock.now() + TOKEN_CACHE_MS;
  Object.assign(clock, { now: () => later });
});
afterAll(() => api[Symbol.asyncDispose]());

/** The status and code of what an operation answers before it does anything: its body and its query are wrong. */
async function ask(operation: string, token?: string): Promise<{ readonly status: number; readonly code: unknown }> {
  const [method = '', path = ''] = operation.split(' ');
  const answer = await api.app.inject({
    method: method as 'GET',
    url: `${path.replaceAll(/\{\w+\}/g, 'nothing-1')}?wrong=1`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(method === 'POST' || method === 'PUT' || method === 'PATCH' ? { payload: { wrong: 1 } } : {}),
  });
  const isJson = String(answer.headers['content-type']).includes('json');
  return { status: answer.statusCode, code: isJson ? answer.json<{ code?: string }>().code : undefined };
}

it('all that can be asked is in the table', () => {
  expect([...operations].toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
});

describe.each(Object.entries(EXPECTED))('%s takes %s', (operation, wanted) => {
  it('and the document says so', () => {
    const told =
      wanted === 'nothing' ? [] : wanted === 'a worker token' ? [{ workerToken: [] }] : [{}, { token: [wanted] }];
    expect(security[operation]).toEqual(told);
  });

  it('and nothing less', async () => {
    const { status: without } = await ask(operation);
    if (wanted === 'nothing') return expect(without).not.toBe(401);
    // Its body is read first, as its token is none of ours.
    if (wanted === 'a worker token') return expect(without).toBe(400);
    expect(without).toBe(401);
    for (const scope of TOKEN_SCOPES) {
      const { status, code } = await ask(operation, tokens.get(scope));
      if (allows([scope], wanted)) expect([401, 403]).not.toContain(status);
      else expect({ scope, status, code }).toEqual({ scope, status: 403, code: 'forbidden' });
    }
    const { status } = await ask(operation, tokens.get('tenant'));
    expect(status !== 403).toBe(OPEN_TO_TENANTS.includes(operation));
  });
});
