import type { ProviderId } from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryProvider,
  InMemoryStore,
  SequentialIds,
  SimulatedClock,
} from '@hodei/testkit/in-memory';
import { describe, expect, it } from 'vitest';

import { ProviderRegistry } from '../../src/index.ts';

const clock = new SimulatedClock();
const ids = new SequentialIds();

/** A process whose providers are this engine. */
class NamedProvider extends InMemoryProvider {
  readonly engineId: string;

  constructor(id: ProviderId, engineId: string) {
    super({ id, engine: new InMemoryEngine({ clock }) });
    this.engineId = engineId;
  }
}

async function start(
  store: InMemoryStore,
  name: string,
  engineOf: (settings: Readonly<Record<string, unknown>>) => string,
): Promise<{ registry: ProviderRegistry; end(): Promise<void>; reported: string[] }> {
  const repositories = createInMemoryRepositories({ clock, ids, store });
  const { epoch } = await repositories.instances.register({ name, leaseMs: 1e9 });
  const reported: string[] = [];
  const registry = new ProviderRegistry({
    repositories,
    clock,
    ids,
    diagnostics: {
      info: () => undefined,
      warn: () => undefined,
      error: (message, facts) => reported.push(`${message}: ${String(facts?.['error'])}`),
    },
    declareEngine: (providerId, engineId) => repositories.instances.declareEngine({ epoch, providerId, engineId }),
    factories: { named: async ({ id, settings }) => new NamedProvider(id, engineOf(settings)) },
  });
  return { registry, reported, end: () => repositories.instances.release(epoch) };
}

describe('two processes that mean different engines by one name', () => {
  it('are told apart: the second does not touch the engine, says which is which, and goes on once the first is gone', async () => {
    const store = new InMemoryStore();
    const first = await start(store, 'host-a:1', () => 'ENGINE-A');
    const second = await start(store, 'host-b:2', () => 'ENGINE-B');
    const { id } = await first.registry.ensure({ name: 'docker', type: 'named' });
    await second.registry.load();
    const words =
      /provider docker is the engine ENGINE-B here, and the engine ENGINE-A for host-a:1.*under a name of its own/;
    expect(() => second.registry.provider(id)).toThrow(words);
    expect(await second.registry.get(id)).toMatchObject({ status: 'unhealthy', health: { status: 'unknown' } });
    await second.registry.checkHealth(id);
    expect(second.reported).toEqual([expect.stringMatching(words)]);
    expect(first.registry.provider(id)).toMatchObject({ engineId: 'ENGINE-A' });
    await first.end();
    await second.registry.checkHealth(id);
    expect(second.registry.provider(id)).toMatchObject({ engineId: 'ENGINE-B' });
  });

  it('follow together where an operator has a provider lead to another engine', async () => {
    const store = new InMemoryStore();
    const engineOf = (settings: Readonly<Record<string, unknown>>): string => String(settings['host']);
    const first = await start(store, 'host-a:1', engineOf);
    const second = await start(store, 'host-b:2', engineOf);
    const { id } = await first.registry.ensure({ name: 'docker', type: 'named', settings: { host: 'one' } });
    await second.registry.load();
    expect(second.registry.provider(id)).toMatchObject({ engineId: 'one' });
    await first.registry.update(id, { settings: { host: 'two' } });
    await second.registry.refresh();
    await second.registry.checkHealth(id);
    await first.registry.checkHealth(id);
    for (const { registry } of [first, second]) expect(registry.provider(id)).toMatchObject({ engineId: 'two' });
  });
});
