import { checkPoolInput, HodeiError, type PoolInput } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { putPool, submitJob, waitForJob } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const START_MS = 300;

const start = (options: Parameters<typeof startControlPlane>[0] = {}): Promise<TestControlPlane> =>
  startControlPlane({
    engine: { startMs: START_MS, images: { plain: {} } },
    policy: { defaultImage: 'plain' },
    pools: [],
    ...options,
  });

const pool = (given: Partial<PoolInput> = {}): PoolInput => ({
  name: 'warm',
  template: { image: 'plain' },
  minIdle: 2,
  ...given,
});

/** How many workers each engine has, "memory" and "other". */
const spread = ({ engine, engines }: TestControlPlane): readonly (number | undefined)[] => [
  engine.workers().length,
  engines.get('other')?.workers().length,
];

const warned = ({ reported }: TestControlPlane): number =>
  reported.filter((message) => message === 'a worker of a pool could not be made').length;

describe('the workers of a pool are made', () => {
  it('by the only provider that its template names', async () => {
    await using plane = await start({ others: { other: { startMs: START_MS, images: { plain: {} } } } });
    await putPool(plane.context, pool({ minIdle: 4, template: { image: 'plain', provider: 'other' } }));
    await plane.clock.advance(5000);
    expect(spread(plane)).toEqual([0, 4]);
  });

  it('where the image is, if it is at one of several providers', async () => {
    const remote = { remote: true, pullMs: 60_000 } as const;
    await using plane = await start({
      engine: { startMs: START_MS, images: { plain: {}, big: remote } },
      others: { other: { startMs: START_MS, images: { big: {} } } },
    });
    for (const { config } of await plane.context.registry.find())
      await plane.context.registry.update(config.id, { maxWorkers: 100 });
    await putPool(plane.context, pool({ template: { image: 'big' } }));
    await plane.clock.advance(5000);
    expect([spread(plane), plane.engine.images.pullCount]).toEqual([[0, 2], 0]);
  });

  it('no more at once than its engine starts well, and behind jobs', async () => {
    await using plane = await start({ engine: { startMs: 3000, images: { plain: {} } } });
    const { context, runner, clock } = plane;
    const { config } = await context.registry.getByName('memory');
    const { pace } = await context.registry.select({
      demand: { resources: {}, network: 'none', requirements: {} },
      strategy: 'least_loaded',
    });
    await context.registry.update(config.id, { maxWorkers: 100 });
    const asked = await Promise.all(
      Array.from({ length: pace.limit + 4 }, () =>
        submitJob(context, { command: ['sleep', '100'], resources: { pids: 9 } }, { runner }),
      ),
    );
    await putPool(context, pool({ minIdle: 20 }));
    const making = async (): Promise<number> =>
      (await context.repositories.workers.list({ limit: 100, states: ['creating', 'connecting'] })).items.filter(
        (worker) => worker.pool !== undefined,
      ).length;
    let most = 0;
    let besideJobs = 0;
    let looksWithJobs = 0;
    while (plane.idle.waiting('warm').length < 20) {
      await clock.advance(50);
      const now = await making();
      most = Math.max(most, now - pace.limit);
      if (!pace.hasJobsWaiting) continue;
      besideJobs = Math.max(besideJobs, now);
      looksWithJobs += 1;
    }
    expect([most <= 0, besideJobs]).toEqual([true, 0]);
    // The pool was known by then.
    expect(looksWithJobs).toBeGreaterThan(25);
    for (const { id } of asked) await plane.until(waitForJob(context, id));
  });
});

describe('a worker of a pool that can not be made', () => {
  it("opens its engine's breaker where that is away, and one that can be made closes it", async () => {
    await using plane = await start();
    const { registry } = plane.context;
    const breaker = async (): Promise<string> => (await registry.getByName('memory')).breaker;
    const error = new HodeiError('provider_unavailable', 'away');
    const heal = plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error, times: 'always' });
    await putPool(plane.context, pool({ minIdle: 6 }));
    await plane.clock.advance(5000);
    expect(await breaker()).toBe('open');
    heal();
    await plane.clock.advance(60_000);
    expect([await breaker(), plane.idle.waiting('warm').length]).toEqual(['closed', 6]);
  });

  it('because its pool is full does not keep work from an engine that is tried again', async () => {
    await using plane = await start();
    const { context, clock, runner } = plane;
    const { config } = await context.registry.getByName('memory');
    const full = new HodeiError('limit_exceeded', 'the pool is full');
    plane.databaseFaults.add({ call: 'workers.insertForPool', kind: 'fail', error: full, times: 'always' });
    const away = new HodeiError('provider_unavailable', 'away');
    for (let i = 0; i < 3; i += 1) context.registry.reportFailure(config.id, away);
    await putPool(context, pool());
    await clock.advance(3000);
    const { id } = await submitJob(context, { command: ['true'], resources: { pids: 9 } }, { runner });
    await clock.advance(START_MS + 1500);
    expect(await context.repositories.jobs.get(id)).toMatchObject({ state: 'succeeded' });
  });

  it('because jobs come first does not keep them from an engine that is tried again', async () => {
    await using plane = await start({ engine: { startMs: 20_000, images: { plain: {} } } });
    const { context, clock, runner } = plane;
    const submit = () => submitJob(context, { command: ['true'], resources: { pids: 9 } }, { runner });
    const { config } = await context.registry.getByName('memory');
    const jobs = await Promise.all(Array.from({ length: 8 }, submit));
    await clock.advance(100);
    const away = new HodeiError('provider_unavailable', 'away');
    for (let i = 0; i < 3; i += 1) context.registry.reportFailure(config.id, away);
    await putPool(context, pool());
    await clock.advance(3000);
    const canary = await submit();
    await clock.advance(1000);
    expect(await context.repositories.attempts.listByJob(canary.id)).toHaveLength(1);
    for (const { id } of [...jobs, canary]) await plane.until(waitForJob(context, id));
  });

  it('because there is no room is no failure, and is tried once a second', async () => {
    await using plane = await start();
    const { context, clock } = plane;
    const { config } = await context.registry.getByName('memory');
    await context.registry.update(config.id, { maxWorkers: 1 });
    await putPool(context, pool({ minIdle: 3 }));
    await clock.advance(10_000);
    expect(plane.idle.waiting('warm')).toHaveLength(1);
    expect(warned(plane)).toBe(0);
    await context.registry.update(config.id, { maxWorkers: 10 });
    await clock.advance(1000 + START_MS + 100);
    expect(plane.idle.waiting('warm')).toHaveLength(3);
  });

  it('because others have all that the pool may have is tried once a second', async () => {
    await using plane = await start();
    const { context, clock } = plane;
    await context.repositories.pools.put({
      pool: checkPoolInput(pool({ minIdle: 2, maxWorkers: 2 })),
      version: 0,
      at: clock.now(),
    });
    const full = new HodeiError('limit_exceeded', 'the pool is full');
    plane.databaseFaults.add({ call: 'workers.insertForPool', kind: 'fail', error: full, times: 30 });
    await clock.advance(10_000);
    // Some at once the first time, then one round a second: thirty are far from used up.
    expect(plane.idle.waiting('warm')).toEqual([]);
    expect(warned(plane)).toBe(0);
  });

  it('because its instance ends says nothing', async () => {
    const plane = await start({ engine: { startMs: 60_000, images: { plain: {} } } });
    await putPool(plane.context, pool());
    await plane.clock.advance(5000);
    expect(plane.engine.workers()).toHaveLength(2);
    await plane[Symbol.asyncDispose]();
    expect(warned(plane)).toBe(0);
    expect(plane.engine.workers()).toEqual([]);
  });
});
