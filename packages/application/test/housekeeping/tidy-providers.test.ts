import { HodeiError } from '@hodei/domain';
import { expect, test } from 'vitest';

import { TIDY_EVERY_MS, tidyProviders } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

test('each provider is tidied now and then, and one that fails is tried again', async () => {
  await using plane = await startControlPlane();
  const pruned: string[] = [];
  Object.assign(plane.provider, {
    pruneSharedNetworks: async (installationId: string) => {
      if (pruned.push(installationId) === 1) throw new Error('the engine is away');
      return 1;
    },
  });
  const over = new AbortController();
  const tidying = tidyProviders(plane.context, over.signal);
  await plane.clock.advance(TIDY_EVERY_MS * 1.5);
  over.abort();
  await plane.until(tidying);
  const { installationId } = plane.context.instance;
  expect(pruned).toEqual([installationId, installationId]);
  expect(plane.reported).toEqual(['a provider could not be tidied; trying again later']);
});

test('trouble with the database ends no tidying', async () => {
  await using plane = await startControlPlane();
  let pruned = 0;
  Object.assign(plane.provider, { pruneSharedNetworks: async () => (pruned += 1) });
  const error = new HodeiError('database_unavailable', 'the database is away');
  plane.databaseFaults.add({ call: 'providers.list', kind: 'fail', error });
  const over = new AbortController();
  const tidying = tidyProviders(plane.context, over.signal);
  await plane.clock.advance(TIDY_EVERY_MS * 1.5);
  over.abort();
  await plane.until(tidying);
  expect(pruned).toBe(1);
  expect(plane.reported).toEqual(['providers could not be looked up to be tidied; trying again later']);
});
