import type { Epoch, Instance } from '@hodei/domain';
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
      const lives = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          bench()
            .side(i)
            .instances.register({ name: `${i}`, leaseMs: 60_000 }),
        ),
      );
      expect(new Set(lives.map(({ epoch }) => epoch)).size).toBe(8);
      expect(new Set(lives.map(({ installationId }) => installationId)).size).toBe(1);
    });
  });

  describe('register with a sealing key', () => {
    const register = (sealingCheck: string, at = bench().repositories): Promise<Instance> =>
      at.instances.register({ name: 'keeper', leaseMs: 60_000, sealingCheck });

    it('refuses another one than the others have', async () => {
      await register('one');
      await register('one', bench().peer);
      await refuses(register('two', bench().peer), 'config_invalid');
      expect(await live()).toHaveLength(4);
    });

    it('takes one of several that come at once', async () => {
      const { repositories, peer } = bench();
      const lives = await Promise.allSettled([register('one', repositories), register('two', peer)]);
      expect(lives.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    it('takes another one once nobody is alive, unless secrets are sealed with the one before', async () => {
      const { instances: repository, jobs } = bench().repositories;
      const first = await register('one');
      for (const epoch of [bench().owner, bench().stranger, first.epoch]) await repository.release(epoch);
      const second = await register('two');
      const job = await jobs.insert(bench().newJob({}, { sealedSecrets: new Uint8Array([1]) }));
      await repository.release(second.epoch);
      await refuses(register('three'), 'config_invalid');
      await jobs.requestCancel({ jobId: job.id, by: 'a test', at: bench().tick() });
      expect(await register('three')).toMatchObject({ name: 'keeper' });
    });
  });

  describe('declareEngine', () => {
    const declare = async (epoch: Epoch, engineId: string, at = bench().repositories): Promise<unknown> => {
      const { id: providerId } = await bench().provider();
      return at.instances.declareEngine({ epoch, providerId, engineId });
    };

    it('is no matter of those who mean the same', async () => {
      expect(await declare(bench().owner, 'one')).toBeUndefined();
      expect(await declare(bench().stranger, 'one', bench().peer)).toBeUndefined();
      expect(await declare(bench().owner, 'one')).toBeUndefined();
    });

    it('tells who means another one, and counts for nothing then', async () => {
      expect(await declare(bench().owner, 'one')).toBeUndefined();
      expect(await declare(bench().stranger, 'two')).toEqual({ instance: 'owner', engineId: 'one' });
      expect(await declare(bench().owner, 'one')).toBeUndefined();
      // The first one is told to mean another as well, as when the provider's settings have changed.
      expect(await declare(bench().owner, 'two')).toBeUndefined();
      expect(await declare(bench().stranger, 'two')).toBeUndefined();
    });

    it('is forgotten with the life of who made it', async () => {
      await declare(bench().owner, 'one');
      await bench().repositories.instances.release(bench().owner);
      expect(await declare(bench().stranger, 'two')).toBeUndefined();
    });

    it('of two that come at once is good for one', async () => {
      const { repositories, peer } = bench();
      await bench().provider();
      const [a, b] = await Promise.all([
        declare(bench().owner, 'one', repositories),
        declare(bench().stranger, 'two', peer),
      ]);
      expect([a, b].filter((other) => other === undefined)).toHaveLength(1);
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
