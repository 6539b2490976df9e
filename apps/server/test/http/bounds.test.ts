import { createToken } from '@hodei/application';
import { HodeiError } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await startMemoryApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe('a body', () => {
  it('of anything but a job is a megabyte at most', async () => {
    const payload = { scopes: ['read'], name: 'x'.repeat(1024 * 1024) };
    const answer = await api.app.inject({ method: 'POST', url: '/v1/tokens', payload });
    expect(answer.json()).toMatchObject({ status: 413, code: 'limit_exceeded' });
  });

  it('has a thousand jobs at most', async () => {
    const items = Array.from({ length: 1001 }, () => ({ job: {} }));
    const answer = await api.app.inject({ method: 'POST', url: '/v1/jobs/batch', payload: { items } });
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_input', field: 'items' });
  });

  it('that is encoded on its way is refused, whichever header says so', async () => {
    for (const header of ['content-encoding', 'transfer-encoding']) {
      const headers = { 'content-type': 'application/json', [header]: 'gzip' };
      const answer = await api.app.inject({ method: 'POST', url: '/v1/jobs', headers, payload: '{}' });
      expect([header, answer.json()]).toEqual([header, expect.objectContaining({ status: 415, code: 'unsupported' })]);
    }
  });
});

describe('what goes wrong on our side', () => {
  const awayAt = (call: 'jobs.list' | 'logs.read'): void =>
    void api.plane.faults.add({
      call,
      kind: 'fail',
      error: new HodeiError('database_unavailable', 'no route to 10.0.0.7'),
    });

  it('and may pass says so, when to come again, and nothing about the inside', async () => {
    awayAt('jobs.list');
    const answer = await api.app.inject('/v1/jobs');
    expect(answer.json()).toMatchObject({ status: 503, code: 'database_unavailable', retryable: true });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).not.toContain('10.0.0.7');
  });

  it('before the first byte of the output is a problem, and no empty output', async () => {
    const made = await api.app.inject({ method: 'POST', url: '/v1/jobs?wait=9s', payload: { command: ['echo', 'a'] } });
    const logs = `/v1/jobs/${made.json<{ id: string }>().id}/logs`;
    awayAt('logs.read');
    const answer = await api.app.inject(logs);
    expect(answer.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    awayAt('logs.read');
    expect((await api.app.inject(`${logs}?follow=true`)).body).toMatch(/^event: problem\ndata: .*"retryable":true/m);
    expect((await api.app.inject(logs)).body).toBe('a\n');
  });
});

describe('labels in a query', () => {
  it('that contradict each other are refused: no job has both', async () => {
    await api.app.inject({ method: 'POST', url: '/v1/jobs', payload: { command: ['true'], labels: { a: '2' } } });
    const answer = await api.app.inject('/v1/jobs?label=a=1&label=a=2');
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_input', field: 'label' });
    expect((await api.app.inject('/v1/jobs?label=a=2&label=a=2')).json<{ items: object[] }>().items).toHaveLength(1);
  });

  it('may have whatever a label has', async () => {
    const labels = { 'a.b/c-d_e': '= &?#%+"\'\\\n\t{}[]äö日本🎉\u202e', empty: '' };
    await api.app.inject({ method: 'POST', url: '/v1/jobs', payload: { command: ['true'], labels } });
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(labels)) query.append('label', `${key}=${value}`);
    const { items } = (await api.app.inject(`/v1/jobs?${query.toString()}`)).json<{ items: object[] }>();
    expect(items).toMatchObject([{ spec: { labels } }]);
  });
});

describe('tokens', () => {
  it('stay in no cache, and who has none is told how to show one', async () => {
    const { text } = await createToken(api.plane.context, { name: 'a', scopes: ['admin'] }, 'a test');
    const authorization = `Bearer ${text}`;
    const payload = { name: 'ci', scopes: ['read'] };
    const made = await api.app.inject({ method: 'POST', url: '/v1/tokens', payload, headers: { authorization } });
    expect(made.headers['cache-control']).toBe('no-store');
    api.plane.context.clock.now = () => Date.now() + 60_000;
    const refused = await api.app.inject('/v1/jobs');
    expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([401, 'Bearer realm="hodei"']);
  });
});
