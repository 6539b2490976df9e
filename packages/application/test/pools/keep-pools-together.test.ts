import { checkPoolInput } from '@hodei/domain';
import { expect, it } from 'vitest';

import { World, type Life } from '../support/two-planes.ts';

it('instances share the idle workers of a pool out among them, and anew when one is gone', async () => {
  const world = new World();
  const pool = checkPoolInput({ name: 'warm', template: { image: 'busybox' }, minIdle: 5 });
  await world.repositories.pools.put({ pool, version: 0, at: world.clock.now() });
  const waiting = ({ idle }: Life): number => idle.waiting('warm').length;
  const first = await world.start('first', true);
  await world.clock.advance(3000);
  expect(waiting(first)).toBe(5);
  const second = await world.start('second', true);
  await world.start('one that keeps none');
  await world.clock.advance(5000);
  expect([waiting(first), waiting(second)]).toEqual([3, 2]);
  first.crash();
  await world.clock.advance(30_000);
  expect(waiting(second)).toBe(5);
  expect(world.engine.workers()).toHaveLength(5);
  await world.close();
});
