import { HodeiError, type HistoryEvent, type PoolInput } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { deletePool, listPools, putPool, submitJob, waitForJob } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const START_MS = 300;
const WARM: PoolInput = { name: 'warm', template: { image: 'plain' }, minIdle: 2, maxWorkers: 10 };

const startWarm = (pool: Partial<PoolInput> = {}): Promise<TestControlPlane> =>
  startControlPlane({
    engine: { startMs: START_MS, images: { plain: {}, other: {}, bare: { shell: false } } },
    policy: { defaultImage: 'plain' },
    pools: [{ ...WARM, ...pool }],
  });

async function events({ context }: TestControlPlane, kind: string): Promise<readonly HistoryEvent['data'][]> {
  const all = await context.repositories.history.list({ afterSeq: 0, limit: 10_000 });
  return all.filter((event) => event.kind === kind).map(({ data }) => data);
}

const liveOf = ({ engine }: TestControlPlane, image: string): number =>
  engine.workers().filter((worker) => worker.image === image && worker.exit === undefined).length;

describe('a pool', () => {
  it('is filled, and says why it scaled, with the numbers', async () => {
    await using plane = await startWarm();
    expect(await events(plane, 'pool.scaled')).toEqual([
      {
        pool: 'warm',
        from: 0,
        to: 2,
        policy: 'fixed',
        idle: 0,
        starting: 0,
        minIdle: 2,
        maxIdle: 2,
        arrivalsPerSecond: 0,
        startP95Ms: 500,
      },
    ]);
    expect(await listPools(plane.context)).toMatchObject([{ idle: 2, busy: 0, other: 0 }]);
  });

  it('goes by what an operator changes, within a second and a start', async () => {
    await using plane = await startWarm();
    await putPool(plane.context, { ...WARM, minIdle: 4 });
    await plane.clock.advance(3000);
    expect(plane.idle.waiting('warm')).toHaveLength(4);
    await putPool(plane.context, { ...WARM, minIdle: 1 });
    await plane.clock.advance(3000);
    expect(plane.idle.waiting('warm')).toHaveLength(1);
    await putPool(plane.context, { ...WARM, template: { image: 'other' }, minIdle: 2 });
    await plane.clock.advance(3000);
    expect([liveOf(plane, 'plain'), liveOf(plane, 'other')]).toEqual([0, 2]);
    await deletePool(plane.context, 'warm');
    await plane.clock.advance(3000);
    expect(plane.engine.workers()).toEqual([]);
  });

  it('never has more workers than it may, however many jobs come', async () => {
    await using plane = await startWarm({ minIdle: 3, maxIdle: 3, maxWorkers: 4 });
    const jobs = await Promise.all(
      Array.from({ length: 12 }, () =>
        submitJob(plane.context, { command: ['sleep', '2000'] }, { runner: plane.runner }),
      ),
    );
    for (let i = 0; i < 100; i += 1) {
      await plane.clock.advance(50);
      for (const { idle, busy, other } of await listPools(plane.context))
        expect(idle + busy + other).toBeLessThanOrEqual(4);
    }
    for (const { id } of jobs) await plane.until(waitForJob(plane.context, id));
    await plane.clock.advance(3000);
    expect(plane.idle.waiting('warm')).toHaveLength(3);
  });

  it('follows the arrivals where its policy is auto: up at once, down after a while', async () => {
    await using plane = await startWarm({ minIdle: 1, maxIdle: 8, maxWorkers: 40, policy: 'auto', idleTtlMs: 5000 });
    for (let i = 0; i < 60; i += 1) {
      await submitJob(plane.context, { command: ['true'] }, { runner: plane.runner });
      await plane.clock.advance(50);
    }
    await plane.clock.advance(2000);
    const most = plane.idle.waiting('warm').length;
    expect(most).toBeGreaterThan(5);
    await plane.clock.advance(30_000);
    expect(plane.idle.waiting('warm')).toHaveLength(most);
    await plane.clock.advance(150_000);
    expect(plane.idle.waiting('warm')).toHaveLength(1);
    const [, up] = await events(plane, 'pool.scaled');
    expect(up).toMatchObject({ policy: 'auto', from: 1 });
    expect(Number(up?.['arrivalsPerSecond'])).toBeGreaterThan(0);
  });

  it('counts a job once, however often a worker is looked for', async () => {
    await using plane = await startWarm({ minIdle: 0, maxIdle: 20, maxWorkers: 20, policy: 'auto' });
    const { context, clock, runner } = plane;
    const { config } = await context.registry.getByName('memory');
    await context.registry.update(config.id, { maxWorkers: 1 });
    const jobs = await Promise.all(
      Array.from({ length: 10 }, () => submitJob(context, { command: ['sleep', '60000'] }, { runner })),
    );
    await clock.advance(4000);
    expect(plane.idle.figures.arrivalsPerSecond('warm', clock.now())).toBe(2);
    for (const { id } of jobs) await context.repositories.jobs.requestCancel({ jobId: id, by: 'me', at: clock.now() });
  });

  it('replaces workers before their time is over', async () => {
    await using plane = await startWarm();
    const first = plane.idle.waiting('warm').map(({ workerId }) => workerId);
    await plane.clock.advance(plane.context.policy.workerLifetimeMs);
    const later = plane.idle.waiting('warm').map(({ workerId }) => workerId);
    expect(later).toHaveLength(2);
    expect(later.filter((id) => first.includes(id))).toEqual([]);
  });

  it('is emptied when its instance ends', async () => {
    const plane = await startWarm();
    await plane[Symbol.asyncDispose]();
    expect(plane.engine.workers()).toEqual([]);
    const { items } = await plane.context.repositories.workers.list({ limit: 10 });
    expect(items.map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  });
});

describe('a pool that can not be filled', () => {
  it.each<[string, PoolInput['template'], string]>([
    ['its image is nowhere', { image: 'nowhere' }, 'image_not_found'],
    ['its image has no shell', { image: 'bare' }, 'image_without_shell'],
    ['its network is nowhere', { image: 'plain', network: 'lost' }, 'network_not_found'],
    ['no provider can', { image: 'plain', requirements: { regions: ['moon'] } }, 'limit_exceeded'],
  ])('is no storm: %s', async (_, template, code) => {
    await using plane = await startWarm();
    await putPool(plane.context, { name: 'bad', template, minIdle: 5 });
    await plane.clock.advance(600_000);
    const { items } = await plane.context.repositories.workers.list({ limit: 100 });
    // With a wait that doubles up to a minute, and at first as many at once as the pace allows.
    expect(items.filter(({ pool }) => pool === 'bad').length).toBeLessThan(25);
    expect(await events(plane, 'pool.failing')).toMatchObject([{ pool: 'bad', code }]);
    expect(plane.idle.waiting('warm')).toHaveLength(2);
    expect(plane.engine.workers()).toHaveLength(2);
  });

  it('recovers when its engine does', async () => {
    await using plane = await startWarm();
    const error = new HodeiError('start_failed', 'the engine refuses');
    plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error, times: 3 });
    await putPool(plane.context, { ...WARM, minIdle: 4 });
    await plane.clock.advance(30_000);
    expect(plane.idle.waiting('warm')).toHaveLength(4);
    expect(await events(plane, 'pool.recovered')).toHaveLength(1);
  });

  it('waits as after one failure where several starts failed together', async () => {
    await using plane = await startWarm();
    const refused = new HodeiError('start_failed', 'the engine refuses');
    plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error: refused, times: 3 });
    await putPool(plane.context, { ...WARM, minIdle: 6 });
    await plane.clock.advance(1100);
    const waits = plane.reports.flatMap(({ facts }) => (facts['error'] === refused ? [facts['waitMs']] : []));
    expect(waits).toEqual([1000, 1000, 1000]);
    // One tries alone, and then the others.
    await plane.clock.advance(1000 + 2 * START_MS + 100);
    expect(plane.idle.waiting('warm')).toHaveLength(6);
  });

  it('is tried at once when its template is changed, however long it was wrong', async () => {
    await using plane = await startWarm();
    await putPool(plane.context, { name: 'bad', template: { image: 'nowhere' }, minIdle: 3 });
    await plane.clock.advance(600_000);
    await putPool(plane.context, { name: 'bad', template: { image: 'other' }, minIdle: 3 });
    await plane.clock.advance(1000 + 2 * START_MS + 100);
    expect(plane.idle.waiting('bad')).toHaveLength(3);
    expect(await events(plane, 'pool.recovered')).toMatchObject([{ pool: 'bad' }]);
  });

  it('waits for a store that is away', async () => {
    await using plane = await startWarm();
    const error = new HodeiError('database_unavailable', 'away');
    plane.databaseFaults.add({ call: 'pools.list', kind: 'fail', error, times: 3 });
    await putPool(plane.context, { ...WARM, minIdle: 3 });
    await plane.clock.advance(10_000);
    expect(plane.idle.waiting('warm')).toHaveLength(3);
  });

  it('is filled as soon as the store is back, however often it was away: that says nothing about the template', async () => {
    await using plane = await startWarm();
    const error = new HodeiError('database_unavailable', 'away');
    plane.databaseFaults.add({ call: 'workers.insertForPool', kind: 'fail', error, times: 'always' });
    await putPool(plane.context, { ...WARM, minIdle: 3 });
    await plane.clock.advance(60_000);
    expect(plane.idle.waiting('warm')).toHaveLength(2);
    plane.databaseFaults.clear();
    await plane.clock.advance(1100 + START_MS);
    expect(plane.idle.waiting('warm')).toHaveLength(3);
    expect(await events(plane, 'pool.failing')).toEqual([]);
  });

  it('is tried again soon where its engine was away for long and its template fails once', async () => {
    await using plane = await startWarm();
    const away = new HodeiError('provider_unavailable', 'away');
    const refused = new HodeiError('start_failed', 'the engine refuses');
    plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error: away, times: 6 });
    plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error: refused });
    await putPool(plane.context, { ...WARM, minIdle: 3 });
    await plane.clock.advance(300_000);
    const waits = plane.reports.flatMap(({ facts }) => (facts['error'] === refused ? [facts['waitMs']] : []));
    expect(waits).toEqual([1000]);
    expect(plane.idle.waiting('warm')).toHaveLength(3);
  });
});
