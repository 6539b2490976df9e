import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseProviderId } from '@hodei/domain';
import { compete, refuses, type GetBench } from './suite.ts';

const unknownId = () => parseProviderId(randomUUID());

export function storing(bench: GetBench): void {
  describe('insert, get, getByName and list', () => {
    it('give back all that was stored', async () => {
      const { providers } = bench().repositories;
      const config = bench().newProvider({
        name: 'local',
        mode: 'maintenance',
        priority: -7,
        maxWorkers: 1e5,
        overcommit: { cpu: 2.5 },
        capacity: { cpu: 5, memoryBytes: 9_007_199_254_740_991 },
        labels: { zone: 'a' },
        version: 1,
        settings: {
          socket: '/x',
          tls: {
            on: true,
            ports: [1, 2.5, null],
          },
          text: '😀',
        },
      });
      expect(await providers.insert(config)).toEqual(config);
      expect(await bench().peer.providers.get(config.id)).toEqual(config);
      expect(await bench().peer.providers.getByName('local')).toEqual(config);
    });

    it('list all by name', async () => {
      const { providers } = bench().repositories;
      for (const name of ['b', 'a-b', 'ab', '0', 'a']) await providers.insert(bench().newProvider({ name }));
      expect((await providers.list()).map(({ name }) => name)).toEqual(['0', 'a', 'a-b', 'ab', 'b']);
    });

    it('refuse a name or an id that is taken', async () => {
      const { providers } = bench().repositories;
      const config = await providers.insert(bench().newProvider({ name: 'local' }));
      await refuses(providers.insert(bench().newProvider({ name: 'local' })), 'name_taken');
      await refuses(providers.insert({ ...config, name: 'other' }), 'conflict');
      expect(await providers.list()).toEqual([config]);
    });

    it('give a name to one of many that want it', async () => {
      const { won, refused } = await compete(
        Array.from({ length: 6 }, (_, i) =>
          bench()
            .side(i)
            .providers.insert(bench().newProvider({ name: 'local' })),
        ),
      );
      expect(won).toBe(1);
      expect(new Set(refused)).toEqual(new Set(['name_taken']));
    });

    it('know no other id or name', async () => {
      await refuses(bench().repositories.providers.get(unknownId()), 'not_found');
      await refuses(bench().repositories.providers.getByName('nobody'), 'not_found');
    });
  });
}

export function changing(bench: GetBench): void {
  describe('update', () => {
    it('changes what the patch names, and nothing else', async () => {
      const { providers } = bench().repositories;
      const config = await providers.insert(bench().newProvider({ labels: { a: '1', b: '2' }, settings: { a: 1 } }));
      const at = bench().tick();
      const patch = { mode: 'disabled', labels: { b: '3' } } as const;
      const changed = { ...config, ...patch, updatedAt: at, version: 2 };
      expect(await providers.update({ id: config.id, version: 1, patch, at })).toEqual(changed);
      expect(await bench().peer.providers.get(config.id)).toEqual(changed);
      const whole = {
        name: 'new',
        mode: 'active',
        priority: 5,
        maxWorkers: 1,
        labels: {},
        settings: { b: [] },
      } as const;
      expect(await providers.update({ id: config.id, version: 2, patch: whole, at })).toEqual({
        ...changed,
        ...whole,
        version: 3,
      });
    });

    it('is refused where someone changed it before', async () => {
      const { providers } = bench().repositories;
      const { id } = await providers.insert(bench().newProvider());
      const changed = await bench().peer.providers.update({
        id,
        version: 1,
        patch: { priority: 1 },
        at: bench().tick(),
      });
      await refuses(providers.update({ id, version: 1, patch: { priority: 2 }, at: bench().tick() }), 'conflict');
      await refuses(providers.update({ id, version: 3, patch: { priority: 2 }, at: bench().tick() }), 'conflict');
      expect(await providers.get(id)).toEqual(changed);
    });

    it('is refused where the name is taken, and allows the name it has', async () => {
      const { providers } = bench().repositories;
      await providers.insert(bench().newProvider({ name: 'taken' }));
      const { id } = await providers.insert(bench().newProvider({ name: 'mine' }));
      await refuses(providers.update({ id, version: 1, patch: { name: 'taken' }, at: bench().tick() }), 'name_taken');
      expect(await providers.update({ id, version: 1, patch: { name: 'mine' }, at: bench().tick() })).toMatchObject({
        version: 2,
      });
    });

    it('has one winner of many', async () => {
      const { id } = await bench().provider();
      const { repositories, peer } = bench();
      const { won, refused } = await compete(
        [1, 2, 3, 4].map((priority) =>
          (priority % 2 ? peer : repositories).providers.update({
            id,
            version: 1,
            patch: { priority },
            at: bench().tick(),
          }),
        ),
      );
      expect([won, refused]).toEqual([1, ['conflict', 'conflict', 'conflict']]);
      expect(await repositories.providers.get(id)).toMatchObject({ version: 2 });
    });

    it('knows no other id', async () => {
      await refuses(
        bench().repositories.providers.update({ id: unknownId(), version: 1, patch: {}, at: bench().tick() }),
        'not_found',
      );
    });
  });

  describe('setCapacity', () => {
    it('notes what may be promised, and is no change of the configuration', async () => {
      const { providers } = bench().repositories;
      const config = await providers.insert(bench().newProvider());
      const capacity = { cpu: 8, memoryBytes: 1024 };
      expect(await providers.setCapacity(config.id, capacity)).toEqual({ ...config, capacity });
      expect(await bench().peer.providers.get(config.id)).toEqual({ ...config, capacity });
      expect(await providers.setCapacity(config.id, {})).toEqual(config);
      await refuses(providers.setCapacity(unknownId(), {}), 'not_found');
    });
  });

  describe('delete', () => {
    it('forgets a provider, and frees its name', async () => {
      const { providers } = bench().repositories;
      const { id } = await providers.insert(bench().newProvider({ name: 'local' }));
      await providers.delete(id);
      await refuses(providers.get(id), 'not_found');
      await refuses(providers.delete(id), 'not_found');
      await providers.insert(bench().newProvider({ name: 'local' }));
    });

    it('is refused while a worker of it is not terminated', async () => {
      const { providers } = bench().repositories;
      const attempt = await bench().begun();
      await refuses(providers.delete(attempt.providerId), 'conflict');
      await bench().bring(attempt, 'terminating');
      await refuses(providers.delete(attempt.providerId), 'conflict');
      await bench().moveWorker(await bench().repositories.workers.get(attempt.workerId), 'terminated');
      await providers.delete(attempt.providerId);
      expect(await bench().repositories.workers.get(attempt.workerId)).toMatchObject({
        providerId: attempt.providerId,
      });
    });
  });
}
