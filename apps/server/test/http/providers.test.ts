import { expect, it } from 'vitest';

import { startMemoryApi } from '../support/memory-api.ts';

it('how much a provider may promise is told, and may be changed', async () => {
  await using api = await startMemoryApi();
  const { items } = (await api.app.inject('/v1/providers')).json<{ items: { name: string }[] }>();
  const url = `/v1/providers/${items[0]?.name}`;
  const patch = (payload: object) => api.app.inject({ method: 'PATCH', url, payload });
  expect((await patch({ overcommit: { cpu: 2, memory: 1.5 } })).json()).toMatchObject({
    overcommit: { cpu: 2, memory: 1.5 },
  });
  expect((await api.app.inject(url)).json()).toMatchObject({ overcommit: { cpu: 2, memory: 1.5 }, version: 2 });
  expect((await patch({ overcommit: { cpu: 1000 } })).json()).toMatchObject({ status: 400, code: 'invalid_input' });
  expect((await patch({ overcommit: { disk: 2 } })).json()).toMatchObject({ status: 400, code: 'invalid_input' });
});
