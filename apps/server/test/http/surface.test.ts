import { HodeiError } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;

beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const LONG = `/v1/jobs/${'x'.repeat(500)}`;

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document of all routes, whose references all lead somewhere', async () => {
    const { body } = await api.app.inject('/openapi.json');
    const document = JSON.parse(body) as { openapi: string; paths: object; components: { schemas: object } };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/jobs',
        '/v1/jobs/{id}',
        '/v1/jobs/{id}/cancel',
        '/v1/jobs/{id}/logs',
        '/v1/workers/{id}',
      ]),
    );
    const references = new Set(body.match(/"#\/components\/schemas\/[^"]+"/g));
    for (const reference of references) expect(document.components.schemas).toHaveProperty([reference.slice(22, -1)]);
    expect(references.size).toBeGreaterThan(10);
  });
});

describe('/docs', () => {
  it('shows the document, and takes nothing from elsewhere', async () => {
    const page = await api.app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\.\//);
      expect((await api.app.inject(`/docs/${asset.slice(2)}`)).statusCode).toBe(200);
    }
  });
});

describe('health', () => {
  it.each(['/healthz', '/readyz'])('%s may be asked for its head alone', async (url) => {
    const answer = await api.app.inject({ method: 'HEAD', url });
    expect({ status: answer.statusCode, body: answer.body }).toEqual({ status: 200, body: '' });
  });

  it('answers, and says whether it can work', async () => {
    expect((await api.app.inject('/healthz')).json()).toEqual({ status: 'ok', version: '1.2.3' });
    const ready = { instance: true, database: true, provider: true };
    const readiness = (await api.app.inject('/readyz')).json<{ checks: { name: string; ok: boolean }[] }>();
    expect(Object.fromEntries(readiness.checks.map(({ name, ok }) => [name, ok]))).toEqual(ready);
  });
});

describe('what is wrong', () => {
  it.each([
    ['GET', '/nothing', 404, 'not_found'],
    ['PUT', '/v1/jobs', 405, 'unsupported'],
    ['GET', '/v1/jobs/%zz', 400, 'invalid_input'],
    ['GET', '/v1/../v1/jobs/x', 404, 'not_found'],
    ['GET', LONG, 414, 'limit_exceeded'],
    ['GET', '/v1//jobs', 404, 'not_found'],
    ['GET', '/V1/JOBS', 404, 'not_found'],
    ['GET', '/v1/jobs/a%2fb', 404, 'not_found'],
    ['GET', '/v1/jobs/%00', 404, 'not_found'],
    ['GET', '/v1/jobs/x%0d%0aset-cookie:%20a', 404, 'not_found'],
    ['GET', '/docs/static/..%2f..%2fpackage.json', 404, 'not_found'],
    ['OPTIONS', '/v1/jobs', 405, 'unsupported'],
    ['GET', '/v1/jobs?limit=1&limit=2', 400, 'invalid_input'],
    ['GET', '/v1/jobs?limit[]=1', 400, 'invalid_input'],
    ['GET', '/v1/jobs?cursor=99999999999999999999_x', 400, 'invalid_input'],
    ['GET', '/v1/jobs?cursor=%00', 400, 'invalid_input'],
  ] as const)('%s %.40s is a problem with status %i', async (method, url, status, code) => {
    const answer = await api.app.inject({ method, url });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code, type: `urn:hodei:error:${code}` });
    expect(answer.body).not.toMatch(/\bat .*\.ts|node_modules/);
    if (status === 405) expect(answer.headers['allow']).toBe('GET, POST');
  });

  it.each([
    ['text/plain', '{}', 415, 'unsupported'],
    ['application/xml', '<a/>', 415, 'unsupported'],
    ['application/json', '{"image":', 400, 'invalid_input'],
    ['application/json', '', 400, 'invalid_input'],
    ['application/json', '{"__proto__":{"image":"x"}}', 400, 'invalid_input'],
    ['application/json', 'null', 400, 'invalid_input'],
    ['application/json; charset=utf-16', '{}', 415, 'unsupported'],
    ['application/json', Buffer.from('{"name":"\xff"}', 'latin1'), 400, 'invalid_input'],
    ['application/json', '['.repeat(1_000_000), 400, 'invalid_input'],
    ['application/json', `{"labels":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, 400, 'invalid_input'],
    ['application/json', `{"env":{"A":"${'x'.repeat(25 * 1024 * 1024)}"}}`, 413, 'limit_exceeded'],
  ])('a body as %s that begins with %.12s is a problem', async (type, payload, status, code) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/jobs',
      headers: { 'content-type': type },
      payload,
    });
    expect(answer.json()).toMatchObject({ status, code });
  });

  it('a body that is compressed is a problem', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await api.app.inject({ method: 'POST', url: '/v1/jobs', headers, payload: '{}' });
    expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported' });
  });

  it('on our side tells nothing about the inside, and stands in the log', async () => {
    const error = new HodeiError('internal', 'SELECT secret FROM table');
    api.plane.faults.add({ call: 'jobs.list', kind: 'fail', error });
    const answer = await api.app.inject('/v1/jobs');
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal', requestId: answer.headers['x-request-id'] });
    expect(answer.body).not.toContain('SELECT');
    expect(api.plane.reported.join()).toContain('SELECT');
  });
});
