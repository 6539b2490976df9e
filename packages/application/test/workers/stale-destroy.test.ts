import { expect, it } from 'vitest';

import { destroyWorker } from '../../src/index.ts';
import { World } from '../support/two-planes.ts';

it('a former owner destroys nothing: who owns the worker is read before, and before each further try', async () => {
  const world = new World(0);
  const former = await world.start('former');
  const id = await world.submitTo(former, { command: ['wait'] });
  await world.clock.advance(100);
  const [attempt] = await world.repositories.attempts.listByJob(id);
  if (attempt === undefined) throw new Error('it has no attempt');
  const { workerId, providerId } = attempt;
  const heir = await world.start('heir');
  const provider = former.context.registry.provider(providerId);
  let destroyed = 0;
  const counting = {
    ...provider,
    destroyWorker: () => {
      destroyed += 1;
      return Promise.reject(new Error('it does not go'));
    },
  };
  const wanted = { workerId, gracePeriodMs: 0, termination: { cause: 'worker_lost', evidence: {} } } as const;
  const row = await world.repositories.workers.get(workerId);

  // Taken over before it begins: not even tried.
  world.store.workers.set(workerId, { ...row, epoch: heir.context.instance.epoch });
  await expect(destroyWorker(former.context, counting, wanted)).rejects.toMatchObject({ code: 'stale_epoch' });
  expect(destroyed).toBe(0);

  // Taken over between two tries: not tried again.
  world.store.workers.set(workerId, row);
  const trying = destroyWorker(former.context, counting, wanted);
  trying.catch(() => undefined);
  await world.clock.advance(10);
  expect(destroyed).toBe(1);
  const taken = { ...(await world.repositories.workers.get(workerId)), epoch: heir.context.instance.epoch };
  world.store.workers.set(workerId, taken);
  await world.clock.advance(1000);
  await expect(trying).rejects.toMatchObject({ code: 'stale_epoch' });
  expect(destroyed).toBe(1);
  await world.close();
});
