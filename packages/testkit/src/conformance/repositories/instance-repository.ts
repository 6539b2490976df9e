import { describe, expect, it } from 'vitest';
import { refuses, type GetBench } from './suite.ts';

export function instances(bench: GetBench): void {
  const live = async (): Promise<readonly number[]> =>
    (await bench().peer.instances.listLive()).map(({ epoch }) => epoch);

  describe('register', () => {
    it('gives each life a higher epoch, and all the same installation', async () => {
      const first = await bench().repositories.instances.register({ name: 'a', leaseMs: 60_000 });
      const second = await bench().peer.instances.register({ name: 'a', leaseMs: 60_000 });
      expect(first.epoch).toBeGreaterThan(bench().stranger);
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(second.installationId).toBe(first.installationId);
      expect(first).toMatchObject({ name: 'a', leaseExpiresAt: expect.any(Number), keepsPools: false });
    });

    it('gives many that come at once an epoch each', async () => {
      const { repositories, peer } = bench();
      const lives = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          (i % 2 ? peer : repositories).instances.register({ name: `${i}`, leaseMs: 60_000 }),
        ),
      );
      expect(new Set(lives.map(({ epoch }) => epoch)).size).toBe(8);
      expect(new Set(lives.map(({ installationId }) => installationId)).size).toBe(1);
    });
  });

  describe('listLive', () => {
    it('shows who has a lease', async () => {
      const instance = await bench().repositories.instances.register({
        name: 'host:1',
        leaseMs: 60_000,
        keepsPools: true,
      });
      expect(instance.keepsPools).toBe(true);
      expect(await bench().peer.instances.listLive()).toContainEqual(instance);
      expect(await live()).toEqual([bench().owner, bench().stranger, instance.epoch]);
    });

    it('forgets who did not renew it in time', async () => {
      const { epoch } = await bench().repositories.instances.register({ name: 'short', leaseMs: 30 });
      await bench().until(async () => !(await live()).includes(epoch), 31);
      expect(await live()).toEqual([bench().owner, bench().stranger]);
    });
  });

  describe('renew', () => {
    it('prolongs the lease from now on', async () => {
      const instance = await bench().repositories.instances.register({ name: 'a', leaseMs: 10_000 });
      const renewed = await bench().peer.instances.renew({ epoch: instance.epoch, leaseMs: 90_000 });
      expect(renewed).toEqual({ ...instance, leaseExpiresAt: renewed.leaseExpiresAt });
      expect(renewed.leaseExpiresAt).toBeGreaterThanOrEqual(instance.leaseExpiresAt + 80_000);
    });

    it('is refused once the lease has run out: that life is over', async () => {
      const { instances: repository } = bench().repositories;
      const { epoch } = await repository.register({ name: 'short', leaseMs: 30 });
      await bench().until(async () => !(await live()).includes(epoch), 31);
      await refuses(repository.renew({ epoch, leaseMs: 60_000 }), 'stale_epoch');
      expect(await live()).not.toContain(epoch);
    });

    it('is refused for an epoch that was never given', async () => {
      await refuses(bench().repositories.instances.renew({ epoch: 999_999, leaseMs: 1000 }), 'stale_epoch');
    });
  });

  describe('release', () => {
    it('ends a life at once, as often as it is called', async () => {
      const { instances: repository } = bench().repositories;
      const { epoch } = await repository.register({ name: 'a', leaseMs: 60_000 });
      await repository.release(epoch);
      await repository.release(epoch);
      expect(await live()).not.toContain(epoch);
      await refuses(repository.renew({ epoch, leaseMs: 60_000 }), 'stale_epoch');
      const next = await repository.register({ name: 'a', leaseMs: 60_000 });
      expect(next.epoch).toBeGreaterThan(epoch);
    });
  });
}
