import { describe, expect, it } from 'vitest';
import { checkPoolInput, type PoolSettings } from '@hodei/domain';
import { compete, refuses, type GetBench } from './suite.ts';

const aPool = (name: string, given: Partial<PoolSettings> = {}): PoolSettings => ({
  ...checkPoolInput({ name, template: { image: 'busybox' } }),
  ...given,
});

export function pools(bench: GetBench): void {
  const put = (pool: PoolSettings, version = 0) =>
    bench().repositories.pools.put({ pool, version, at: bench().tick() });

  describe('put, get and list', () => {
    it('give back all that was stored', async () => {
      const settings = aPool('warm', {
        template: {
          image: 'busybox',
          resources: { cpu: 0.5, memoryBytes: 2 ** 33, pids: 10 },
          network: 'none',
          architecture: 'arm64',
          labels: { team: 'a "quoted" one' },
          provider: 'local',
          requirements: { regions: ['eu'], labels: { zone: 'a' } },
          tenant: 't',
          shareNetwork: true,
        },
        minIdle: 2,
        maxIdle: 5,
        maxWorkers: 9,
        idleTtlMs: 3_000_000_000,
        maxJobsPerWorker: 7,
        policy: 'auto',
      });
      const pool = await put(settings);
      expect(pool).toEqual({ ...settings, version: 1, createdAt: pool.updatedAt, updatedAt: pool.updatedAt });
      expect(await bench().peer.pools.get('warm')).toEqual(pool);
    });

    it('list all by name', async () => {
      for (const name of ['b', 'a-b', 'ab', '0', 'a']) await put(aPool(name));
      expect((await bench().peer.pools.list()).map(({ name }) => name)).toEqual(['0', 'a', 'a-b', 'ab', 'b']);
    });

    it('change a pool as a whole, from the version that was read', async () => {
      const first = await put(aPool('warm', { minIdle: 1 }));
      const second = await put(aPool('warm', { minIdle: 3, maxIdle: 3 }), 1);
      expect(second).toMatchObject({ minIdle: 3, version: 2, createdAt: first.createdAt });
      expect(second.updatedAt).toBeGreaterThan(first.updatedAt);
      await refuses(put(aPool('warm', { minIdle: 4 }), 1), 'conflict');
      await refuses(put(aPool('warm', { minIdle: 4 }), 0), 'conflict');
      await refuses(put(aPool('other'), 1), 'conflict');
      expect(await bench().peer.pools.list()).toEqual([second]);
    });

    it('have one winner of many that change the same version', async () => {
      await put(aPool('warm'));
      const { won, refused } = await compete(
        [bench().repositories, bench().peer, bench().repositories].map(({ pools: port }) =>
          port.put({ pool: aPool('warm'), version: 1, at: bench().tick() }),
        ),
      );
      expect([won, refused]).toEqual([1, ['conflict', 'conflict']]);
    });

    it('know no other name', async () => {
      await refuses(bench().repositories.pools.get('nobody'), 'not_found');
    });
  });

  describe('delete', () => {
    it('forgets a pool, once', async () => {
      await put(aPool('warm'));
      await bench().repositories.pools.delete('warm');
      await refuses(bench().peer.pools.get('warm'), 'not_found');
      await refuses(bench().repositories.pools.delete('warm'), 'not_found');
      expect(await put(aPool('warm'))).toMatchObject({ version: 1 });
    });
  });
}
