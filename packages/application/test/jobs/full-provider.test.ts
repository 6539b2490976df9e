import { expect, it } from 'vitest';

import { submitJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

it('a full provider is not asked without end by all who wait, and they begin as soon as there is room', async () => {
  await using plane = await startControlPlane({ engine: { startMs: 10 } });
  const { context, clock } = plane;
  const { config } = await context.registry.getByName('memory');
  await context.registry.update(config.id, { maxWorkers: 1 });
  const first = await submitJob(context, { command: ['sleep', '10000'] });
  await clock.advance(100);
  for (let i = 0; i < 1000; i += 1) await submitJob(context, { command: ['sleep', '60000'] });
  const claims = async (): Promise<number> =>
    (await context.repositories.history.list({ afterSeq: 0, limit: 100_000 })).filter(
      ({ kind }) => kind === 'job.scheduled',
    ).length;
  const before = await claims();
  await clock.advance(3000);
  const tried = (await claims()) - before;
  expect(tried).toBeGreaterThan(100);
  // A hundred a second and instance, and as many as were claimed together.
  expect(tried).toBeLessThan(3 * (100 + 50) + 50);
  expect((await context.repositories.jobs.get(first.id)).state).toBe('running');
  await context.registry.update(config.id, { maxWorkers: 40 });
  await clock.advance(3000);
  expect((await context.repositories.jobs.countByState()).running).toBe(40);
  const { items } = await context.repositories.jobs.list({ limit: 1000 });
  const more = await context.repositories.jobs.list({ limit: 1000, states: ['running', 'pending', 'scheduled'] });
  for (const { id } of [...items, ...more.items])
    await context.repositories.jobs.requestCancel({ jobId: id, by: 'me', at: clock.now() });
});
