import type { PoolInput, ProviderCapabilities, WorkerSpec } from '@hodei/domain';
import { expect, it, vi } from 'vitest';

import { putPool } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

/** What a provider is asked for by a pool of one. */
async function specFor(
  pool: Omit<PoolInput, 'name'>,
  capabilities: Partial<ProviderCapabilities> = {},
): Promise<WorkerSpec> {
  await using plane = await startControlPlane({ capabilities, pools: [] });
  const createWorker = vi.spyOn(plane.provider, 'createWorker');
  await putPool(plane.context, { name: 'warm', ...pool });
  await plane.clock.advance(3000);
  const [call] = createWorker.mock.calls;
  if (call === undefined) throw new Error('no worker was made');
  return call[0];
}

it('a worker of a pool is what its template says', async () => {
  const template = {
    image: 'busybox',
    resources: { cpu: 0.5, memoryBytes: 1e8, pids: 9 },
    network: 'bridge',
    architecture: 'amd64',
    labels: { team: 'red' },
  } as const;
  expect(await specFor({ template })).toMatchObject(template);
  expect(await specFor({ template, maxJobsPerWorker: 2 })).toMatchObject({ reusable: true });
  expect(await specFor({ template: { image: 'busybox' } })).not.toHaveProperty('reusable');
});

it('the workers of one pool and tenant share a network where the template says so and the provider can', async () => {
  const keyOf = async (tenant: string | undefined, capabilities = {}): Promise<string | undefined> =>
    (
      await specFor(
        { template: { image: 'busybox', shareNetwork: true, ...(tenant === undefined ? {} : { tenant }) } },
        capabilities,
      )
    ).sharedNetworkKey;
  const keys = [await keyOf('red'), await keyOf('blue'), await keyOf(undefined)];
  expect(new Set(keys).size).toBe(3);
  expect(keys).not.toContain(undefined);
  expect(await keyOf('red', { sharedNetwork: false })).toBeUndefined();
  expect((await specFor({ template: { image: 'busybox' } })).sharedNetworkKey).toBeUndefined();
});
