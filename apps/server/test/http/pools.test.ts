import { expect, it } from 'vitest';

import { startMemoryApi } from '../support/memory-api.ts';

it('a pool is made, replaced, listed and forgotten', async () => {
  await using api = await startMemoryApi();
  const put = (payload: object) => api.app.inject({ method: 'PUT', url: '/v1/pools/fast', payload });
  const made = await put({ template: { image: 'tool' }, minIdle: 0 });
  expect(made.json()).toMatchObject({
    name: 'fast',
    template: { image: 'tool', network: 'none' },
    minIdle: 0,
    version: 1,
  });
  expect((await put({ template: { image: 'tool' }, minIdle: 0, maxIdle: 4 })).json()).toMatchObject({
    maxIdle: 4,
    version: 2,
  });
  expect((await put({ template: { image: 'tool', network: 'bridge', shareNetwork: true } })).json()).toMatchObject({
    status: 400,
    code: 'invalid_input',
    field: 'template.shareNetwork',
  });
  expect((await api.app.inject('/v1/pools')).json()).toMatchObject({ items: [{ name: 'fast', version: 2 }] });
  expect((await api.app.inject({ method: 'DELETE', url: '/v1/pools/fast' })).statusCode).toBe(204);
  expect((await api.app.inject({ method: 'DELETE', url: '/v1/pools/fast' })).json()).toMatchObject({
    code: 'not_found',
  });
});
