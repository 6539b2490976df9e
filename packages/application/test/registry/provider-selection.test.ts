import type { Demand, ErrorCode, ProviderInput } from '@hodei/domain';
import { beforeEach, describe, expect, it } from 'vitest';

import { ANY_DEMAND, RegistryHarness, type TestProcess } from './registry-harness.ts';

const code = (expected: ErrorCode): unknown => expect.objectContaining({ code: expected });
const provider = (name: string, traits: Partial<ProviderInput> = {}): ProviderInput => ({
  name,
  type: 'in-memory',
  ...traits,
});
const needs = (labels: Record<string, string>): Demand => ({ ...ANY_DEMAND, requirements: { labels } });

let harness: RegistryHarness;
let one: TestProcess;

beforeEach(() => {
  harness = new RegistryHarness();
  one = harness.start();
});

const select = async (traits: Partial<Parameters<typeof one.registry.select>[0]> = {}): Promise<string> =>
  (await one.registry.select({ demand: ANY_DEMAND, strategy: 'least_loaded', ...traits })).config.name;

describe('selecting a provider', () => {
  it('takes the least loaded, by the rows', async () => {
    const a = await one.registry.register(provider('a'));
    await one.registry.register(provider('b'));
    expect(await select()).toBe('a');
    await harness.addWorker(one.repositories, a.id);
    await harness.clock.advance(100); // what is known of the load may be a moment old
    expect(await select()).toBe('b');
  });

  it('takes what the strategy says', async () => {
    await one.registry.register(provider('a'));
    await one.registry.register(provider('b', { priority: 3 }));
    expect(await select({ strategy: 'priority' })).toBe('b');
  });

  it('promises no more CPU and memory than there is, with overcommit counted in, and says what lacks', async () => {
    const a = await one.registry.register(provider('a', { overcommit: { cpu: 2 } }));
    await one.repositories.providers.setCapacity(a.id, { cpu: 4, memoryBytes: 1000 });
    await one.registry.refresh();
    const demand = (resources: Demand['resources']): Demand => ({ ...ANY_DEMAND, resources });
    const first = await one.registry.select({ demand: demand({ cpu: 3 }), strategy: 'least_loaded', reserve: true });
    await expect(select({ demand: demand({ cpu: 1.5 }) })).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('3 of 4 CPUs are promised, and 1.5 are asked for'),
      details: { reason: 'no_capacity' },
    });
    expect(await select({ demand: demand({ cpu: 1 }) })).toBe('a');
    expect(await select({ demand: demand({}) })).toBe('a');
    first[Symbol.dispose]();
  });

  it('refuses an unknown strategy', async () => {
    await one.registry.register(provider('a'));
    const strategy: string = 'random';
    await expect(select({ strategy: strategy as 'priority' })).rejects.toEqual(code('invalid_input'));
  });

  it('never gives more places away than there are, however many ask at once', async () => {
    await one.registry.register(provider('a', { maxWorkers: 2 }));
    await one.registry.register(provider('b', { maxWorkers: 3 }));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        one.registry.select({ demand: ANY_DEMAND, strategy: 'least_loaded', reserve: true }),
      ),
    );
    const taken = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    expect(taken.map(({ config }) => config.name).toSorted()).toEqual(['a', 'a', 'b', 'b', 'b']);
    await expect(select()).rejects.toThrow('a: full, with 2 of 2 workers; b: full, with 3 of 3 workers');
    for (const selection of taken) selection[Symbol.dispose]();
    expect(await select()).toBe('a');
  });

  it('leaves out what the caller excludes', async () => {
    const a = await one.registry.register(provider('a'));
    await one.registry.register(provider('b'));
    expect(await select({ exclude: [a.id] })).toBe('b');
  });

  it('takes a provider by labels that its operator gave', async () => {
    await one.registry.register(provider('a'));
    await one.registry.register(provider('b', { labels: { zone: 'eu' } }));
    expect(await select({ demand: needs({ zone: 'eu' }) })).toBe('b');
  });

  it('sees within a second what another process changed', async () => {
    const a = await one.registry.register(provider('a'));
    await one.registry.register(provider('b'));
    const two = harness.start();
    await two.registry.load();
    await one.registry.disable(a.id);
    await harness.clock.advance(1000);
    const selection = await two.registry.select({ demand: ANY_DEMAND, strategy: 'least_loaded' });
    expect(selection.config.name).toBe('b');
  });
});

describe('where no provider takes the work', () => {
  it('says limit_exceeded, with what each lacks, for work that could never be taken', async () => {
    harness.capabilities.set('a', { maxResources: { memoryBytes: 100 }, minResources: {} });
    await one.registry.register(provider('a', { mode: 'disabled' }));
    await one.registry.register(provider('b'));
    const demand: Demand = {
      resources: { memoryBytes: 101 },
      requirements: { architecture: 'arm64' },
      network: 'none',
    };
    harness.capabilities.set('b', {});
    await expect(select({ demand })).rejects.toEqual(code('limit_exceeded'));
    await expect(select({ demand })).rejects.toThrow(
      'no provider can ever run this. a: memoryBytes 101 is over its maximum of 100, no architecture arm64; b: memoryBytes 101 is under its minimum of 6291456, no architecture arm64',
    );
    await expect(one.registry.assertFulfillable(demand)).rejects.toEqual(code('limit_exceeded'));
  });

  it('says provider_unavailable, with all reasons, for work that could be taken at another time', async () => {
    await one.registry.register(provider('a', { mode: 'maintenance', labels: { zone: 'eu' } }));
    await one.registry.register(provider('b'));
    await expect(select({ demand: needs({ zone: 'eu' }) })).rejects.toEqual(code('provider_unavailable'));
    await expect(select({ demand: needs({ zone: 'eu' }) })).rejects.toThrow(
      'no provider can run this now. a: in maintenance; b: no label zone=eu',
    );
    await one.registry.assertFulfillable(needs({ zone: 'eu' }));
  });

  it('does not say never of a provider that was never connected', async () => {
    harness.engineAway('a');
    await one.registry.register(provider('a'));
    await one.registry.assertFulfillable(needs({ zone: 'eu' }));
    await expect(select({ demand: needs({ zone: 'eu' }) })).rejects.toThrow(
      'a: not connected: no engine answers for a',
    );
  });

  it('says that none is registered, as provider_unavailable', async () => {
    await expect(select()).rejects.toThrow('no provider is registered; register one first');
    await expect(one.registry.assertFulfillable(ANY_DEMAND)).rejects.toEqual(code('provider_unavailable'));
  });

  it('looks first whether another process has just registered one that can', async () => {
    await one.registry.register(provider('a'));
    const two = harness.start();
    await two.registry.load();
    await one.registry.register(provider('b', { labels: { zone: 'eu' } }));
    await two.registry.assertFulfillable(needs({ zone: 'eu' }));
    const three = harness.start();
    await three.registry.load();
    await one.registry.register(provider('c', { labels: { zone: 'us' } }));
    const selection = await three.registry.select({ demand: needs({ zone: 'us' }), strategy: 'least_loaded' });
    expect(selection.config.name).toBe('c');
  });
});

it('explains who could take some work, the best first, and why the others could not', async () => {
  await one.registry.register(provider('a', { mode: 'disabled' }));
  await one.registry.register(provider('b', { priority: 1 }));
  await one.registry.register(provider('c', { priority: 2 }));
  const d = await one.registry.register(provider('d', { maxWorkers: 1 }));
  await harness.addWorker(one.repositories, d.id);
  const explanation = await one.registry.explain(ANY_DEMAND, 'priority');
  expect(explanation.candidates.map(({ config }) => config.name)).toEqual(['c', 'b']);
  expect(explanation.refusals).toMatchObject([
    { name: 'a', reasons: [{ kind: 'mode', message: 'disabled' }] },
    { name: 'd', reasons: [{ kind: 'no_capacity', message: 'full, with 1 of 1 workers' }] },
  ]);
  expect(explanation.fulfillable).toBe(true);
});

it('asking whether work can ever be taken costs no query where it can', async () => {
  await one.registry.register(provider('a'));
  one.databaseFaults.add({ call: 'providers.list', kind: 'hang', times: 'always' });
  await one.registry.assertFulfillable(ANY_DEMAND);
});
