import type { JobId, Worker, WorkerHealth } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { countWorkers, DEFAULT_JOB_POLICY, getWorker } from '../../src/index.ts';
import { World } from '../support/two-planes.ts';

/** One instance whose job runs. */
async function withRunning(command: readonly string[] = ['wait']) {
  const world = new World(0);
  const life = await world.start('one');
  const id = await world.submitTo(life, { command });
  await world.clock.advance(100);
  return { world, life, id };
}

const workerOf = async (world: World, id: JobId): Promise<Worker> => {
  const attempt = (await world.repositories.attempts.listByJob(id)).at(-1);
  if (attempt === undefined) throw new Error('it has no attempt');
  return world.repositories.workers.get(attempt.workerId);
};

const context = (world: World) => ({
  repositories: world.repositories,
  clock: world.clock,
  policy: DEFAULT_JOB_POLICY,
});

const healthOf = async (world: World, id: JobId): Promise<WorkerHealth> =>
  (await getWorker(context(world), (await workerOf(world, id)).id)).health;

async function cancel(world: World, jobId: JobId): Promise<void> {
  await world.repositories.jobs.requestCancel({ jobId, by: 'test', at: world.clock.now() });
  expect((await world.ended(jobId)).state).toBe('cancelled');
  await world.close();
}

describe('the health of a worker', () => {
  it('is good while its engine lists it', async () => {
    const { world, id } = await withRunning();
    await world.clock.advance(60_000);
    expect(await healthOf(world, id)).toEqual({ status: 'healthy' });
    expect(world.clock.now() - ((await workerOf(world, id)).lastSeenAt ?? 0)).toBeLessThanOrEqual(5000);
    await cancel(world, id);
  });

  it('is unhealthy while its engine says that something is wrong, and its job goes on', async () => {
    const { world, id } = await withRunning();
    const { id: workerId } = await workerOf(world, id);
    const worker = world.engine.find(workerId);
    if (worker === undefined) throw new Error('it is gone');
    worker.trouble = 'it is paused';
    await world.clock.advance(5100);
    expect(await healthOf(world, id)).toEqual({ status: 'unhealthy', reasons: ['it is paused'] });
    worker.trouble = undefined;
    await world.clock.advance(5100);
    expect(await healthOf(world, id)).toEqual({ status: 'healthy' });
    await cancel(world, id);
  });

  it('is unreachable, and nothing more, for as long as its engine does not answer', async () => {
    const { world, id } = await withRunning();
    const before = await workerOf(world, id);
    world.engine.goDown();
    await world.clock.advance(12_000);
    expect((await healthOf(world, id)).status).toBe('healthy');
    await world.clock.advance(600_000);
    expect(await healthOf(world, id)).toMatchObject({ status: 'unreachable' });
    expect(await workerOf(world, id)).toMatchObject({ id: before.id, state: 'busy' });
    expect(await countWorkers(context(world))).toMatchObject({
      byState: { busy: 1 },
      byHealth: { unreachable: 1, lost: 0 },
    });
    world.engine.comeUp();
    await world.clock.advance(6000);
    expect(await healthOf(world, id)).toEqual({ status: 'healthy' });
    expect((await world.repositories.attempts.listByJob(id)).length).toBe(1);
    await cancel(world, id);
  });

  it('is lost where its engine answers and twice does not have it, although its connection says nothing', async () => {
    const { world, id } = await withRunning();
    const { id: workerId } = await workerOf(world, id);
    world.engine.loseWorker(workerId);
    const lostAt = world.clock.now();
    await world.clock.advance(6000);
    expect((await workerOf(world, id)).state).toBe('busy');
    await world.clock.advance(6000);
    const [first, second] = await world.repositories.attempts.listByJob(id);
    expect(first).toMatchObject({ workerId, outcome: { cause: 'worker_lost' } });
    expect((first?.phases.ended ?? 0) - lostAt).toBeLessThanOrEqual(10_200);
    expect(second?.workerId).not.toBe(workerId);
    expect(await healthOf(world, id)).toEqual({ status: 'healthy' });
    await cancel(world, id);
  });

  it('is not lost by one list that misses it', async () => {
    const { world, id } = await withRunning();
    const worker = await workerOf(world, id);
    const look = { providerId: worker.providerId, epoch: worker.epoch, at: world.clock.now(), listed: [] };
    await world.repositories.workers.observe(look);
    await world.clock.advance(20_000);
    expect(await workerOf(world, id)).toMatchObject({ id: worker.id, state: 'busy' });
    expect(await healthOf(world, id)).toEqual({ status: 'healthy' });
    await cancel(world, id);
  });
});
