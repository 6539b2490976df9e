import { HodeiError, parseProviderId, type ErrorCode, type ProviderInput } from '@hodei/domain';
import { beforeEach, describe, expect, it } from 'vitest';

import { ANY_DEMAND, RegistryHarness, type TestProcess } from './registry-harness.ts';

const MEMORY: ProviderInput = { name: 'memory', type: 'in-memory' };
const UNKNOWN = parseProviderId('01890a5d-ac96-774b-bcce-b302099a8057');
const code = (expected: ErrorCode): unknown => expect.objectContaining({ code: expected });

let harness: RegistryHarness;
let one: TestProcess;

beforeEach(() => {
  harness = new RegistryHarness();
  one = harness.start();
});

describe('updating a provider', () => {
  it('changes what the patch names', async () => {
    const { id } = await one.registry.register(MEMORY);
    expect(await one.registry.update(id, { maxWorkers: 5, name: 'other' })).toMatchObject({
      name: 'other',
      maxWorkers: 5,
      version: 2,
    });
    expect(await one.registry.setMaintenance(id)).toMatchObject({ mode: 'maintenance', version: 3 });
    expect(await one.registry.enable(id)).toMatchObject({ mode: 'active', version: 4 });
    expect(one.built).toHaveLength(1);
  });

  it('tries once more where somebody else changed it in between', async () => {
    const { id } = await one.registry.register(MEMORY);
    one.databaseFaults.add({ call: 'providers.update', kind: 'fail', error: new HodeiError('conflict', 'changed') });
    expect(await one.registry.update(id, { priority: 4 })).toMatchObject({ priority: 4 });
    one.databaseFaults.add({
      call: 'providers.update',
      kind: 'fail',
      times: 2,
      error: new HodeiError('conflict', 'changed'),
    });
    await expect(one.registry.update(id, { priority: 5 })).rejects.toEqual(code('conflict'));
  });

  it('connects anew with new settings; the old connection goes when no worker needs it', async () => {
    const { id } = await one.registry.register(MEMORY);
    const end = await harness.addWorker(one.repositories, id);
    await one.registry.update(id, { settings: { host: 'b' } });
    expect(one.registry.provider(id)).toBe(one.built[1]);
    await one.registry.checkHealth();
    expect(one.built.map(({ disposed }) => disposed)).toEqual([false, false]);
    await end();
    await one.registry.checkHealth();
    expect(one.built.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  it('changes nothing where the new settings are wrong', async () => {
    const { id } = await one.registry.register(MEMORY);
    harness.beforeBuild.set('memory', async () => {
      throw new HodeiError('invalid_input', 'settings.host is no address');
    });
    await expect(one.registry.update(id, { settings: { host: '' } })).rejects.toThrow('settings.host is no address');
    expect(await one.repositories.providers.get(id)).toMatchObject({ settings: {}, version: 1 });
    expect(one.registry.provider(id)).toBe(one.built[0]);
  });

  it('refuses a taken name, a wrong value and an unknown id', async () => {
    const { id } = await one.registry.register(MEMORY);
    await one.registry.register({ ...MEMORY, name: 'taken' });
    await expect(one.registry.update(id, { name: 'taken' })).rejects.toEqual(code('name_taken'));
    await expect(one.registry.update(id, { maxWorkers: -1 })).rejects.toEqual(code('invalid_input'));
    await expect(one.registry.update(UNKNOWN, { priority: 1 })).rejects.toEqual(code('not_found'));
    await expect(one.registry.get(UNKNOWN)).rejects.toEqual(code('not_found'));
    await expect(one.registry.checkHealth(UNKNOWN)).rejects.toEqual(code('not_found'));
  });
});

describe('deleting a provider', () => {
  it('is refused while it has workers', async () => {
    const { id } = await one.registry.register(MEMORY);
    const end = await harness.addWorker(one.repositories, id);
    await expect(one.registry.delete(id)).rejects.toEqual(code('conflict'));
    expect(one.registry.provider(id)).toBe(one.built[0]);
    await end();
    await one.registry.delete(id);
    expect(one.built[0]?.disposed).toBe(true);
    expect(await one.registry.find()).toEqual([]);
  });

  it('is refused while it is about to get a worker', async () => {
    const { id } = await one.registry.register(MEMORY);
    const selection = await one.registry.select({ demand: ANY_DEMAND, strategy: 'least_loaded', reserve: true });
    await expect(one.registry.delete(id)).rejects.toEqual(code('conflict'));
    selection[Symbol.dispose]();
    await one.registry.delete(id);
  });
});
