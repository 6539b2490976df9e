import { HodeiError, parseProviderId, type ErrorCode, type ProviderInput } from '@hodei/domain';
import { beforeEach, describe, expect, it } from 'vitest';

import { RegistryHarness, type TestProcess } from './registry-harness.ts';

const MEMORY: ProviderInput = { name: 'memory', type: 'in-memory' };
const UNKNOWN = parseProviderId('01890a5d-ac96-774b-bcce-b302099a8057');
const code = (expected: ErrorCode): unknown => expect.objectContaining({ code: expected });

let harness: RegistryHarness;
let one: TestProcess;

beforeEach(() => {
  harness = new RegistryHarness();
  one = harness.start();
});

describe('registering a provider', () => {
  it('stores it with defaults and connects to it', async () => {
    const config = await one.registry.register(MEMORY);
    expect(config).toMatchObject({
      name: 'memory',
      mode: 'active',
      priority: 0,
      maxWorkers: 100,
      labels: {},
      settings: {},
      version: 1,
    });
    expect(one.registry.provider(config.id)).toBe(one.built[0]);
    expect(await one.registry.getByName('memory')).toMatchObject({
      config,
      status: 'active',
      breaker: 'closed',
      liveWorkers: 0,
    });
  });

  it('refuses a name that is taken, and lets go of what it had connected', async () => {
    await one.registry.register(MEMORY);
    await expect(one.registry.register(MEMORY)).rejects.toEqual(code('name_taken'));
    expect(one.built.map(({ disposed }) => disposed)).toEqual([false, true]);
  });

  it('refuses an unknown type and lists those that there are', async () => {
    await expect(one.registry.register({ name: 'x', type: 'toString' })).rejects.toThrow(
      /"toString".*known are in-memory/,
    );
    expect(await one.repositories.providers.list()).toEqual([]);
  });

  it('refuses a malformed name', async () => {
    await expect(one.registry.register({ ...MEMORY, name: 'Not so' })).rejects.toEqual(code('invalid_input'));
  });

  it('stores nothing where the settings are wrong', async () => {
    harness.beforeBuild.set('memory', async () => {
      throw new HodeiError('invalid_input', 'settings.host is no address');
    });
    await expect(one.registry.register(MEMORY)).rejects.toThrow('settings.host is no address');
    expect(await one.repositories.providers.list()).toEqual([]);
  });

  it('wraps what a factory throws that is no error of ours, with its cause', async () => {
    const cause = new TypeError('defect');
    harness.beforeBuild.set('memory', () => Promise.reject(cause));
    await expect(one.registry.register(MEMORY)).rejects.toMatchObject({ code: 'internal', cause });
  });

  it('stores one whose engine is away, and says so until it is connected', async () => {
    const back = harness.engineAway('memory');
    const { id } = await one.registry.register(MEMORY);
    expect(() => one.registry.provider(id)).toThrow('provider memory is not connected: no engine answers for memory');
    expect(await one.registry.get(id)).toMatchObject({
      status: 'unhealthy',
      health: { status: 'unknown', reasons: ['no engine answers for memory'] },
    });
    back();
    await one.registry.checkHealth(id);
    expect(one.registry.provider(id)).toBe(one.built[0]);
    expect(await one.registry.get(id)).toMatchObject({ status: 'active' });
  });
});

describe('ensuring a provider', () => {
  it('registers it once, and leaves the one that is there as it is', async () => {
    const first = await one.registry.ensure({ ...MEMORY, maxWorkers: 3 });
    expect(await one.registry.ensure({ ...MEMORY, maxWorkers: 7 })).toEqual(first);
    expect(one.built).toHaveLength(1);
  });

  it('gives the same one to all processes that do it at once', async () => {
    const processes = [one, harness.start(), harness.start()];
    const configs = await Promise.all(processes.map(({ registry }) => registry.ensure(MEMORY)));
    expect(new Set(configs.map(({ id }) => id)).size).toBe(1);
    for (const { registry, built } of processes) {
      const live = registry.provider(configs[0]?.id ?? UNKNOWN);
      expect(built.filter((each) => !each.disposed)).toEqual([live]);
    }
  });
});

describe('loading', () => {
  it('connects to all that are stored, and one that is away hinders nobody', async () => {
    const near = await one.registry.register({ ...MEMORY, name: 'near' });
    const away = await one.registry.register({ ...MEMORY, name: 'away' });
    harness.engineAway('away');
    const two = harness.start();
    await two.registry.load();
    expect(two.registry.provider(near.id).id).toBe(near.id);
    expect(() => two.registry.provider(away.id)).toThrow(code('provider_unavailable'));
  });

  it('does not wait for ever for an engine that hangs', async () => {
    const { id } = await one.registry.register(MEMORY);
    harness.beforeBuild.set('memory', () => new Promise<never>(() => undefined));
    const two = harness.start();
    await harness.clock.runUntilSettled(two.registry.load());
    expect(() => two.registry.provider(id)).toThrow(code('provider_unavailable'));
    expect(await two.registry.get(id)).toMatchObject({ health: { status: 'unknown', reasons: ['not connected yet'] } });
  });

  it('survives a type that this process does not know', async () => {
    const { id } = await one.registry.register(MEMORY);
    harness.store.providers.set(id, { ...(await one.repositories.providers.get(id)), type: 'newer' });
    const two = harness.start();
    await two.registry.load();
    expect(() => two.registry.provider(id)).toThrow(/"newer" is no type of provider/);
  });

  it('rejects where the store is away', async () => {
    one.databaseFaults.add({
      call: 'providers.list',
      kind: 'fail',
      error: new HodeiError('database_unavailable', 'away'),
    });
    await expect(one.registry.load()).rejects.toEqual(code('database_unavailable'));
  });
});

describe('what another process changes', () => {
  it('is seen: new ones, changed ones and deleted ones', async () => {
    const two = harness.start();
    await two.registry.load();
    const { id } = await one.registry.register(MEMORY);
    await two.registry.refresh();
    await two.registry.checkHealth();
    expect(two.registry.provider(id).id).toBe(id);

    await one.registry.disable(id);
    expect(await two.registry.find()).toMatchObject([{ status: 'disabled' }]);

    await one.registry.delete(id);
    expect(await two.registry.find()).toEqual([]);
    expect(two.built.map(({ disposed }) => disposed)).toEqual([true]);
    expect(() => two.registry.provider(id)).toThrow(code('provider_unavailable'));
  });

  it('rebuilds the live provider where its settings changed', async () => {
    const { id } = await one.registry.register(MEMORY);
    const two = harness.start();
    await two.registry.load();
    await one.registry.update(id, { settings: { host: 'b' } });
    await two.registry.refresh();
    await two.registry.load();
    expect(two.built).toHaveLength(2);
    expect(two.registry.provider(id)).toBe(two.built[1]);
  });

  it('does not bring back one that was deleted while the rows were read', async () => {
    const { id } = await one.registry.register(MEMORY);
    const row = await one.repositories.providers.get(id);
    await one.registry.delete(id);
    // As a reading that began before would have it.
    harness.store.providers.set(id, row);
    expect(await one.registry.find()).toEqual([]);
    expect(one.built).toHaveLength(1);
  });
});

describe('listing providers', () => {
  it('by status, type and capacity', async () => {
    const full = await one.registry.register({ ...MEMORY, name: 'full', maxWorkers: 1 });
    await one.registry.register({ ...MEMORY, name: 'free' });
    await one.registry.register({ ...MEMORY, name: 'off', mode: 'disabled' });
    await harness.addWorker(one.repositories, full.id);
    const names = async (query: Parameters<typeof one.registry.find>[0]): Promise<readonly string[]> =>
      (await one.registry.find(query)).map(({ config }) => config.name);
    expect(await names({})).toEqual(['free', 'full', 'off']);
    expect(await names({ status: 'overloaded' })).toEqual(['full']);
    expect(await names({ status: 'active' })).toEqual(['free']);
    expect(await names({ withCapacity: true })).toEqual(['free', 'off']);
    expect(await names({ withCapacity: false })).toEqual(['full']);
    expect(await names({ type: 'in-memory', status: 'disabled' })).toEqual(['off']);
    expect(await names({ type: 'docker' })).toEqual([]);
  });

  it('adds them up', async () => {
    const { id } = await one.registry.register({ ...MEMORY, maxWorkers: 2 });
    await one.registry.register({ ...MEMORY, name: 'off', mode: 'disabled', maxWorkers: 5 });
    await harness.addWorker(one.repositories, id);
    one.registry.reportSuccess(id, { startupMs: 100 });
    one.registry.reportSuccess(id, { startupMs: 300 });
    const statistics = await one.registry.statistics();
    expect(statistics).toMatchObject({
      total: 2,
      liveWorkers: 1,
      maxWorkers: 7,
      byStatus: { active: 1, disabled: 1, unhealthy: 0 },
    });
    expect(statistics.providers[0]).toMatchObject({
      liveWorkers: 1,
      averageStartupMs: 200,
      breaker: 'closed',
      health: { status: 'healthy' },
    });
    expect(statistics.providers[1]?.averageStartupMs).toBeUndefined();
  });
});

it('disposing of the registry lets go of every engine, also of one that connects later', async () => {
  let connect = (): void => undefined;
  await one.registry.register(MEMORY);
  const two = harness.start();
  harness.beforeBuild.set('memory', () => new Promise((resolve) => (connect = resolve)));
  const loading = two.registry.load();
  await harness.clock.settle();
  await two.registry[Symbol.asyncDispose]();
  connect();
  await loading;
  await one.registry[Symbol.asyncDispose]();
  expect([...one.built, ...two.built].map(({ disposed }) => disposed)).toEqual([true, true]);
});
