import { createToken, issueWorkerToken } from '@hodei/application';
import { parseWorkerId } from '@hodei/domain';
import { expect, it } from 'vitest';

import { startMemoryApi } from '../support/memory-api.ts';
import { OpenApiDocument } from '../support/openapi-document.ts';

const NOT_YET = { command: ['true'], notBefore: '2999-01-01T00:00:00Z' };
const POOL = { template: { image: 'tool' } };

it('every change that the document knows of is in the history, with who made it', async () => {
  await using api = await startMemoryApi();
  const { context } = api.plane;
  const { text: token } = await createToken(context, { name: 'ops', scopes: ['admin'] }, 'a test');
  const told = new Map<string, readonly string[]>();
  let after = 0;

  /** Makes a change, and notes which events name who asked for it. */
  const change = async (
    operation: string,
    payload?: object,
    bearer = token,
    path = operation.split(' ')[1] ?? '',
  ): Promise<Record<string, unknown>> => {
    const { upTo } = await context.repositories.history.horizon();
    after = upTo;
    const answer = await api.app.inject({
      method: operation.split(' ')[0] as 'POST',
      url: path,
      headers: { authorization: `Bearer ${bearer}` },
      ...(payload === undefined ? {} : { payload }),
    });
    expect([operation, answer.statusCode < 300, answer.body]).toEqual([operation, true, answer.body]);
    const events = await context.repositories.history.list({ afterSeq: after, limit: 100 });
    const ours = events.filter(({ data }) => String(data['by']).startsWith('ops (token '));
    told.set(operation, [...new Set(ours.map(({ kind }) => kind))]);
    return answer.body === '' ? {} : answer.json();
  };

  const { id: jobId } = await change('POST /v1/jobs', NOT_YET);
  await change('POST /v1/jobs/batch', { items: [{ job: NOT_YET }] });
  await change('POST /v1/jobs/{id}/cancel', undefined, token, `/v1/jobs/${String(jobId)}/cancel`);
  await change('PUT /v1/limits/{key}', { maxInFlight: 3 }, token, '/v1/limits/k');
  await change('DELETE /v1/limits/{key}', undefined, token, '/v1/limits/k');
  await change('PUT /v1/pools/{name}', POOL, token, '/v1/pools/p');
  await change('DELETE /v1/pools/{name}', undefined, token, '/v1/pools/p');
  const { id: providerId } = await change('POST /v1/providers', { name: 'other', type: 'in-memory' });
  await change('PATCH /v1/providers/{id}', { priority: 3 }, token, `/v1/providers/${String(providerId)}`);
  await change('DELETE /v1/providers/{id}', undefined, token, `/v1/providers/${String(providerId)}`);
  await change('PUT /v1/queues/{name}', { weight: 2 }, token, '/v1/queues/q');
  await change('POST /v1/queues/{name}/pause', undefined, token, '/v1/queues/q/pause');
  await change('POST /v1/queues/{name}/resume', undefined, token, '/v1/queues/q/resume');
  await change('DELETE /v1/queues/{name}', undefined, token, '/v1/queues/q');
  const { id: tokenId } = await change('POST /v1/tokens', { name: 'ci', scopes: ['read'] });
  await change('DELETE /v1/tokens/{id}', undefined, token, `/v1/tokens/${String(tokenId)}`);

  const { id: running } = await change('POST /v1/jobs', { command: ['wait'] });
  const busy = async () => (await context.repositories.workers.list({ limit: 1, states: ['busy'] })).items[0];
  await expect.poll(busy).toBeDefined();
  const workerId = parseWorkerId((await busy())?.id ?? '');
  await change('POST /v1/workers/{id}/drain', undefined, token, `/v1/workers/${workerId}/drain`);
  const report = { at: '2026-01-01T00:00:00Z' };
  const own = await issueWorkerToken(context, workerId);
  await change('POST /v1/workers/{id}/heartbeat', report, own, `/v1/workers/${workerId}/heartbeat`);
  await change('DELETE /v1/workers/{id}', undefined, token, `/v1/workers/${workerId}`);
  await change('POST /v1/jobs/{id}/cancel', undefined, token, `/v1/jobs/${String(running)}/cancel?force=true`);

  const byThemselves = {
    'POST /v1/jobs': ['job.scheduled'],
    'POST /v1/jobs/batch': ['job.pending'],
    'POST /v1/jobs/{id}/cancel': ['job.cancel_requested'],
    // A worker's own report is no change that anybody asked for.
    'POST /v1/workers/{id}/heartbeat': [],
  };
  const document = new OpenApiDocument((await api.app.inject('/openapi.json')).body);
  for (const { method, path } of document.operations) {
    if (method === 'GET') continue;
    const operation = `${method} ${path}`;
    const kinds = told.get(operation);
    const own = Object.entries(byThemselves).find(([name]) => name === operation)?.[1];
    if (own === undefined) expect([operation, kinds]).toEqual([operation, expect.arrayContaining(['audit.request'])]);
    else expect([operation, kinds]).toEqual([operation, own]);
  }
});
