import { randomUUID } from 'node:crypto';

import { openPostgresStore } from '@hodei/infrastructure/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { startMemoryPlane } from '../support/memory-plane.ts';

// Postgres has no NUL in a text, and in JSON no half of a surrogate pair; the store in memory takes both.
const cleanUp = new AsyncDisposableStack();
let api: MemoryApi;

beforeAll(async () => {
  const url = new URL(inject('postgresAdminUrl'));
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  const name = `hodei_odd_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  cleanUp.defer(async () => {
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  });
  url.pathname = `/${name}`;
  const { repositories } = cleanUp.use(await openPostgresStore({ connectionString: url.href }));
  api = cleanUp.use(await startMemoryApi({ plane: await startMemoryPlane(repositories) }));
});
afterAll(() => cleanUp.disposeAsync());

const JSON_TYPE = { 'content-type': 'application/json' };
const TEMPLATE = { image: 'tool' };
const PROVIDER = { name: 'odd', type: 'in-memory' };

/** Everywhere a text goes into the store. */
const BODIES = (odd: string): readonly (readonly ['POST' | 'PUT' | 'PATCH', string, object])[] => [
  ...[
    { name: odd },
    { image: odd },
    { command: ['true', odd] },
    { script: odd },
    { env: { A: odd } },
    { env: { [odd]: 'a' } },
    { secrets: { A: odd } },
    { secrets: { [odd]: 'a' } },
    { workdir: `/${odd}` },
    { network: odd },
    { queue: odd },
    { tenant: odd },
    { concurrencyKey: odd },
    { labels: { a: odd } },
    { labels: { [odd]: 'a' } },
    { stdin: odd },
    { requirements: { architecture: odd } },
    { requirements: { capabilities: [odd] } },
    { requirements: { regions: [odd] } },
    { requirements: { labels: { a: odd } } },
    { requirements: { labels: { [odd]: 'a' } } },
    { requirements: { gpuType: odd } },
    { requirements: { runtime: odd } },
  ].flatMap((job): (readonly ['POST', string, object])[] => [
    ['POST', '/v1/jobs', job],
    ['POST', '/v1/jobs/batch', { items: [{ job }, { job: { command: ['true'] } }] }],
  ]),
  ...[
    { image: odd },
    { ...TEMPLATE, network: odd },
    { ...TEMPLATE, labels: { a: odd } },
    { ...TEMPLATE, labels: { [odd]: 'a' } },
    { ...TEMPLATE, architecture: odd },
    { ...TEMPLATE, provider: odd },
    { ...TEMPLATE, tenant: odd },
    { ...TEMPLATE, requirements: { regions: [odd] } },
  ].map((template) => ['PUT', '/v1/pools/odd', { template }] as const),
  ...[
    { ...PROVIDER, name: odd },
    { ...PROVIDER, type: odd },
    { ...PROVIDER, labels: { a: odd } },
    { ...PROVIDER, labels: { [odd]: 'a' } },
    { ...PROVIDER, settings: { a: odd } },
    { ...PROVIDER, settings: { [odd]: { b: odd } } },
  ].map((provider) => ['POST', '/v1/providers', provider] as const),
  ['PATCH', '/v1/providers/memory', { name: odd }],
  ['PATCH', '/v1/providers/memory', { settings: { a: odd } }],
  ['POST', '/v1/tokens', { name: odd, scopes: ['read'] }],
  ['POST', '/v1/tokens', { name: 'odd', scopes: ['read'], tenant: odd }],
];

const PATHS = [
  'GET /v1/jobs?name=%00',
  'GET /v1/jobs?tenant=%00',
  'GET /v1/jobs?label=a%00=b',
  'GET /v1/jobs?label=a=%00',
  'GET /v1/jobs?cursor=%00',
  'GET /v1/jobs/%00',
  'GET /v1/jobs/%00/logs',
  'POST /v1/jobs/%00/cancel',
  'GET /v1/workers/%00',
  'DELETE /v1/workers/%00',
  'GET /v1/workers?cursor=%00',
  'GET /v1/providers/%00',
  'GET /v1/providers?type=%00',
  'PATCH /v1/providers/%00',
  'DELETE /v1/providers/%00',
  'PUT /v1/pools/%00',
  'DELETE /v1/pools/%00',
  'PUT /v1/queues/%00',
  'DELETE /v1/queues/%00',
  'POST /v1/queues/%00/pause',
  'PUT /v1/limits/%00',
  'DELETE /v1/limits/%00',
  'DELETE /v1/tokens/%00',
];

const bodyOf = (path: string): object =>
  path.includes('/pools') ? { template: TEMPLATE } : path.includes('/limits') ? { maxInFlight: 1 } : {};

async function ask(method: string, url: string, payload?: object): Promise<void> {
  const answer = await api.app.inject({
    method: method as 'POST',
    url,
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload), headers: JSON_TYPE }),
  });
  const told = `${method} ${url} ${JSON.stringify(payload)}: ${answer.statusCode} ${answer.body}`;
  if (answer.statusCode >= 500) wrong.push(told);
  if (!url.endsWith('/batch')) return;
  // What is wrong with one job is nothing to the other one.
  const { items } = answer.json<{ items: readonly { job?: object; error?: { status: number } }[] }>();
  if ((items[0]?.error?.status ?? 200) >= 500 || items[1]?.job === undefined) wrong.push(told);
}
const wrong: string[] = [];

it.each([
  ['a NUL', 'a\0b'],
  ['half of a surrogate pair', 'a\ud800b'],
  ['the other half', '\udc00'],
])('%s in any text is no fault of the server', async (_, odd) => {
  for (const [method, url, body] of BODIES(odd)) await ask(method, url, body);
  expect({ wrong, reported: api.plane.reported }).toEqual({ wrong: [], reported: [] });
});

it('a NUL in any address is none either', async () => {
  for (const path of PATHS) {
    const [method = '', url = ''] = path.split(' ');
    await ask(method, url, method === 'PUT' || method === 'PATCH' ? bodyOf(url) : undefined);
  }
  await ask('POST', '/v1/jobs/01890a5d-ac96-774b-bcce-b302099a8057/cancel?for=a%00');
  expect({ wrong, reported: api.plane.reported }).toEqual({ wrong: [], reported: [] });
});
