import { isHodeiError, type JobId } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { DEFAULT_JOB_POLICY, getWorker, reportHeartbeat, WORKER_TOKEN } from '../../src/index.ts';
import { World } from '../support/two-planes.ts';

/** A job that reports by itself, and the token that its worker was given. */
async function reporting() {
  const world = new World(0);
  const life = await world.start('one');
  const tokens: string[] = [];
  const provider = life.context.registry.provider((await life.context.registry.find())[0]?.config.id as never);
  const launch = provider.launch.bind(provider);
  provider.launch = (handle, order, options) => {
    tokens.push(order.secrets[WORKER_TOKEN] ?? '');
    return launch(handle, order, options);
  };
  const id = await world.submitTo(life, { command: ['wait'], selfReport: true });
  // Hashing takes turns of the event loop, which no simulated time waits for.
  while ((await world.repositories.jobs.get(id)).state !== 'running') await world.clock.advance(1);
  const context = { repositories: world.repositories, clock: world.clock, ids: world.ids, policy: DEFAULT_JOB_POLICY };
  const [attempt] = await world.repositories.attempts.listByJob(id);
  if (attempt === undefined) throw new Error('it has no attempt');
  return { world, life, id, context, workerId: attempt.workerId, token: tokens[0] ?? '' };
}

async function end(world: World, jobId: JobId): Promise<void> {
  await world.repositories.jobs.requestCancel({ jobId, by: 'test', at: world.clock.now() });
  await world.ended(jobId);
  await world.close();
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'taken',
    (error: unknown) => (isHodeiError(error) ? error.code : String(error)),
  );

describe('a job that reports by itself', () => {
  it('gets a token in its order, and the next one with each answer; each counts once', async () => {
    const { world, id, context, workerId, token } = await reporting();
    expect(token).toMatch(/^hodeiw_/);
    const first = await reportHeartbeat(context, token, { at: 1, progress: '1 of 3' });
    const second = await reportHeartbeat(context, first.token, { at: 2 });
    expect(await codeOf(reportHeartbeat(context, token, { at: 3 }))).toBe('unauthenticated');
    expect(await codeOf(reportHeartbeat(context, second.token.replace(/.$/, '!'), { at: 3 }))).toBe('unauthenticated');
    expect(await codeOf(reportHeartbeat(context, second.token, { at: 3, progress: 'two\nlines' }))).toBe(
      'invalid_input',
    );
    const { worker } = await getWorker(context, workerId);
    expect(worker.heartbeat).toMatchObject({ reportedAt: 2, epoch: worker.epoch });
    const rows = JSON.stringify([...world.store.workers.values(), ...world.store.workerTokens.values()]);
    expect(rows).not.toContain(token.slice(-64));
    await end(world, id);
  });

  it('is unhealthy when its next report is overdue, and not before its first', async () => {
    const { world, id, context, workerId, token } = await reporting();
    await world.clock.advance(90_000);
    expect((await getWorker(context, workerId)).health.status).toBe('healthy');
    await reportHeartbeat(context, token, { at: 1 });
    await world.clock.advance(66_000);
    expect((await getWorker(context, workerId)).health).toMatchObject({
      status: 'unhealthy',
      reasons: [expect.stringContaining('not reported')],
    });
    await end(world, id);
  });

  it('is not expected to report to an owner that gave it no token, and refused with the old one', async () => {
    const { world, life, id, context, workerId, token } = await reporting();
    const { token: next } = await reportHeartbeat(context, token, { at: 1 });
    await world.start('two');
    life.crash();
    await world.clock.advance(90_000);
    expect(await codeOf(reportHeartbeat(context, next, { at: 2 }))).toBe('stale_epoch');
    expect((await getWorker(context, workerId)).health.status).toBe('healthy');
    await end(world, id);
  });
});
