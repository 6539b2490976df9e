import { randomUUID } from 'node:crypto';

import { parseWorkerId, type JobId, type Worker } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { destroyWorkerNow, drainWorker } from '../../src/index.ts';
import { World, type Life } from '../support/two-planes.ts';

const HOUR = 3_600_000;

/** A worker that one instance keeps without a job, as a pool would. */
async function keep(world: World, life: Life, given: Partial<Worker> = {}): Promise<Worker> {
  const { context } = life;
  const [provider] = await context.registry.find();
  if (provider === undefined) throw new Error('there is no provider');
  const workerId = parseWorkerId(randomUUID());
  context.idle?.make(workerId, 'warm');
  const now = world.clock.now();
  const engine = context.registry.provider(provider.config.id);
  const handle = await world.clock.runUntilSettled(
    engine.createWorker({
      workerId,
      installationId: context.instance.installationId,
      image: 'busybox',
      pullPolicy: 'never',
      resources: {},
      network: 'none',
      labels: {},
      expiresAt: now + HOUR,
    }),
  );
  const worker: Worker = {
    id: workerId,
    providerId: provider.config.id,
    state: 'ready',
    epoch: context.instance.epoch,
    image: 'busybox',
    resources: {},
    jobsRun: 0,
    handle,
    createdAt: now,
    stateChangedAt: now,
    expiresAt: now + HOUR,
    ...given,
  };
  world.store.workers.set(workerId, worker);
  const template = { image: 'busybox', resources: {}, network: 'none', labels: {} };
  const { expiresAt } = worker;
  context.idle?.wait({
    workerId,
    pool: 'warm',
    reusable: false,
    template,
    provider: engine,
    handle,
    expiresAt,
    idleSince: now,
    jobsRun: 0,
  });
  return worker;
}

const read = (world: World, { id }: Worker): Promise<Worker> => world.repositories.workers.get(id);

async function opened(): Promise<{ world: World; life: Life }> {
  const world = new World(0);
  return { world, life: await world.start('one') };
}

async function expectGone(world: World, worker: Worker, message: RegExp, cause = 'retired'): Promise<void> {
  expect(await read(world, worker)).toMatchObject({
    state: 'terminated',
    termination: { cause, evidence: { message: expect.stringMatching(message) as string } },
  });
  expect(world.engine.find(worker.id)).toBeUndefined();
}

describe('an idle worker', () => {
  it('is kept by whoever holds it, and let go when it had nothing to do for too long', async () => {
    const { world, life } = await opened();
    const worker = await keep(world, life, { idleTimeoutMs: 60_000 });
    await world.clock.advance(58_000);
    expect((await read(world, worker)).state).toBe('ready');
    await world.clock.advance(8000);
    await expectGone(world, worker, /nothing to do/);
    await world.close();
  });

  it('has its idle time counted from the end of its last job, and by the policy where it names none', async () => {
    const { world, life } = await opened();
    const started = world.clock.now();
    const worker = await keep(world, life, { createdAt: started - HOUR / 2 });
    await world.clock.advance(590_000);
    expect((await read(world, worker)).state).toBe('ready');
    await world.clock.advance(16_000);
    await expectGone(world, worker, /nothing to do/);
    await world.close();
  });

  it('is let go when it is as old as it may get, counted from its creation', async () => {
    const { world, life } = await opened();
    const worker = await keep(world, life, { expiresAt: world.clock.now() + 30_000 });
    await world.clock.advance(36_000);
    await expectGone(world, worker, /as old/);
    await world.close();
  });

  it('is let go at once when it ends by itself: its engine tells', async () => {
    const { world, life } = await opened();
    const worker = await keep(world, life);
    await world.clock.advance(1000);
    world.engine.killWorker(worker.id);
    await world.clock.advance(10);
    await expectGone(world, worker, /it ended/, 'worker_lost');
    await world.close();
  });

  it('is let go at the next look when nobody tells', async () => {
    const { world, life } = await opened();
    const worker = await keep(world, life);
    world.engine.events.setTrouble({ drop: true });
    world.engine.killWorker(worker.id);
    await world.clock.advance(5100);
    await expectGone(world, worker, /it ended/, 'worker_lost');
    await world.close();
  });

  it.each([drainWorker, destroyWorkerNow])('is let go when someone asks for it, from any process', async (end) => {
    const { world, life } = await opened();
    const worker = await keep(world, life);
    await world.clock.advance(100);
    await end({ repositories: world.repositories, clock: world.clock }, worker.id, 'ada');
    await world.clock.advance(10);
    await expectGone(world, worker, /asked for/);
    expect((await read(world, worker)).termination?.evidence.by).toBe('ada');
    await world.close();
  });

  it('is not kept where its instance died: it ended with its connection', async () => {
    const { world, life } = await opened();
    await world.start('two');
    const worker = await keep(world, life);
    life.crash();
    await world.clock.advance(6000);
    expect((await read(world, worker)).state).toBe('terminated');
    await world.close();
  });
});

describe('a worker with a job', () => {
  const running = async (command: readonly string[]) => {
    const { world, life } = await opened();
    const id = await world.submitTo(life, { command });
    await world.clock.advance(100);
    const [attempt] = await world.repositories.attempts.listByJob(id);
    if (attempt === undefined) throw new Error('it has no attempt');
    return { world, life, id, workerId: attempt.workerId };
  };
  const attempts = (world: World, id: JobId) => world.repositories.attempts.listByJob(id);

  it('drains: its job ends as it would, and nothing else', async () => {
    const { world, id, workerId } = await running(['sleep', '60000']);
    await drainWorker({ repositories: world.repositories, clock: world.clock }, workerId, 'ada');
    await world.clock.advance(10);
    expect((await world.repositories.workers.get(workerId)).state).toBe('draining');
    expect((await world.ended(id)).state).toBe('succeeded');
    await world.clock.advance(100);
    expect((await world.repositories.workers.get(workerId)).state).toBe('terminated');
    await world.close();
  });

  it('is destroyed at once, deaf or not, and its job is tried again on another one', async () => {
    const { world, id, workerId } = await running(['ignore-term']);
    await destroyWorkerNow({ repositories: world.repositories, clock: world.clock }, workerId, 'ada');
    await world.clock.advance(10);
    expect(world.engine.find(workerId)).toBeUndefined();
    await world.clock.advance(2000);
    const [first, second] = await attempts(world, id);
    expect(first?.outcome).toMatchObject({ cause: 'worker_lost', evidence: { by: 'ada' } });
    expect(second).toMatchObject({ number: 2 });
    expect(second?.outcome).toBeUndefined();
    await world.repositories.jobs.requestCancel({ jobId: id, by: 'test', at: world.clock.now() });
    expect((await world.ended(id)).state).toBe('cancelled');
    await world.close();
  });

  it('is lost where it was gone already, and its connection does not say so', async () => {
    const { world, id, workerId } = await running(['wait']);
    world.engine.loseWorker(workerId);
    await destroyWorkerNow({ repositories: world.repositories, clock: world.clock }, workerId, 'ada');
    await world.clock.advance(15_000);
    const [first, second] = await attempts(world, id);
    expect(first?.outcome).toMatchObject({ cause: 'worker_lost' });
    expect(second?.workerId).not.toBe(workerId);
    await world.repositories.jobs.requestCancel({ jobId: id, by: 'test', at: world.clock.now() });
    await world.ended(id);
    await world.close();
  });

  it('is destroyed by whoever adopts it, where its owner died with the request', async () => {
    const { world, life, id, workerId } = await running(['wait']);
    await world.start('two');
    life.crash();
    await destroyWorkerNow({ repositories: world.repositories, clock: world.clock }, workerId, 'ada');
    await world.clock.advance(12_000);
    const [first] = await attempts(world, id);
    expect(first?.outcome).toMatchObject({ cause: 'worker_lost', evidence: { by: 'ada' } });
    await world.repositories.jobs.requestCancel({ jobId: id, by: 'test', at: world.clock.now() });
    await world.ended(id);
    await world.close();
  });

  it('is not let go by its age', async () => {
    const { world, id } = await running(['sleep', String(HOUR + 60_000)]);
    expect((await world.ended(id)).state).toBe('succeeded');
    expect(await attempts(world, id)).toHaveLength(1);
    await world.close();
  });
});
