import type { ImageUse } from '@hodei/domain';
import { expect, test } from 'vitest';

import { submitJob, TIDY_EVERY_MS, tidyProviders } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

test('a provider that wants room is told which images are needed, and which were used when', async () => {
  await using plane = await startControlPlane();
  const told: ImageUse[] = [];
  let isFull = false;
  Object.assign(plane.provider, {
    wantsImageCollection: async () => isFull,
    collectImages: async (use: ImageUse) => {
      told.push(use);
      return { removed: ['old'] };
    },
  });
  await plane.run({ command: ['true'], image: 'ended' });
  await submitJob(plane.context, {
    command: ['true'],
    image: 'waits',
    notBefore: plane.clock.now() + 1e9,
    waitTimeoutMs: 2e9,
  });
  const over = new AbortController();
  const tidying = tidyProviders(plane.context, over.signal);
  await plane.clock.advance(TIDY_EVERY_MS / 2);
  expect(told).toEqual([]);
  isFull = true;
  await plane.clock.advance(TIDY_EVERY_MS);
  over.abort();
  await plane.until(tidying);
  expect(told.map(({ needed }) => [...needed].toSorted())).toEqual([['busybox', 'waits']]);
  expect([...(told[0]?.lastUsed.keys() ?? [])]).toEqual(['ended']);
});
