import { HodeiError, type Repositories } from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryStore,
  RepositoryFaults,
  SequentialIds,
  SimulatedClock,
} from '@hodei/testkit/in-memory';
import { beforeEach, describe, expect, it } from 'vitest';

describe('faults of in-memory repositories', () => {
  let clock: SimulatedClock;
  let store: InMemoryStore;
  let faults: RepositoryFaults;
  let repositories: Repositories;

  beforeEach(() => {
    clock = new SimulatedClock();
    store = new InMemoryStore();
    faults = new RepositoryFaults();
    repositories = createInMemoryRepositories({ clock, ids: new SequentialIds(), store, faults });
  });

  const register = (): Promise<unknown> => repositories.instances.register({ name: 'a', leaseMs: 1000 });

  it('fail a call before it has an effect', async () => {
    faults.add({ call: 'instances.register', kind: 'fail', error: new HodeiError('conflict', 'no') });
    await expect(register()).rejects.toMatchObject({ code: 'conflict' });
    expect(store.instances.size).toBe(0);
    await register();
    expect(store.instances.size).toBe(1);
  });

  it('lose the answer of a call after its effect', async () => {
    faults.add({ call: 'instances.register', kind: 'loseAnswer' });
    await expect(register()).rejects.toMatchObject({ code: 'database_unavailable', retryable: true });
    expect(store.instances.size).toBe(1);
  });

  it('delay a call by the clock', async () => {
    faults.add({ call: 'instances.register', kind: 'delay', ms: 500 });
    const registered = register();
    await clock.advance(499);
    expect(store.instances.size).toBe(0);
    await clock.advance(1);
    await registered;
    expect(store.instances.size).toBe(1);
  });

  it('let a call hang without an effect', async () => {
    faults.add({ call: 'instances.register', kind: 'hang' });
    let settled = false;
    register().then(
      () => (settled = true),
      () => (settled = true),
    );
    await clock.advance(3_600_000);
    expect([settled, store.instances.size]).toEqual([false, 0]);
  });

  it('strike only calls with the argument they are meant for', async () => {
    faults.add({ call: 'instances.release', kind: 'loseAnswer', when: (epoch) => epoch === 2 });
    await repositories.instances.release(1);
    await expect(repositories.instances.release(2)).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(faults.pending).toBe(0);
  });

  it('interrupt the change feeds on demand', async () => {
    const ending = new AbortController();
    const changes = repositories.changes.watch(ending.signal)[Symbol.asyncIterator]();
    await changes.next();
    store.interruptFeeds();
    expect(await changes.next()).toEqual({ done: false, value: [{ kind: 'resync' }] });
    ending.abort();
  });
});
