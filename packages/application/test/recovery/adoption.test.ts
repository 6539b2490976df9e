import { describe, expect, it } from 'vitest';

import { World } from '../support/two-planes.ts';

const JOB = { command: ['slowly', '3000', '4', 'one ', 'two ', 'three'], secrets: { KEY: 'two' } };

describe('an instance that dies', () => {
  // Every 50 ms of the job's life, from its submission to beyond its end.
  it.each(Array.from({ length: 40 }, (_, index) => index * 50).concat([3100, 3200, 6000, 6100, 6150]))(
    'has its job finished by another: after %d ms',
    async (after) => {
      const world = new World();
      const first = await world.start('first');
      await world.start('second');
      const id = await world.submitTo(first, JOB);
      await world.clock.advance(after);
      first.crash();
      const job = await world.ended(id);
      expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 4 } } });
      expect(await world.output(id)).toBe('one *** three');
      const counted = (await world.repositories.attempts.listByJob(id)).filter(
        ({ outcome }) => outcome?.cause !== 'never_launched',
      );
      expect(counted).toHaveLength(1);
      await world.clock.advance(20_000);
      expect(world.engine.workers()).toEqual([]);
      expect((await world.repositories.workers.list({ limit: 10 })).items.map(({ state }) => state)).toEqual(
        (await world.repositories.attempts.listByJob(id)).map(() => 'terminated'),
      );
      await world.close();
    },
  );

  it('is followed by another within a lease and a look', async () => {
    const world = new World();
    const first = await world.start('first');
    const second = await world.start('second');
    const id = await world.submitTo(first, { command: ['wait'] });
    await world.clock.advance(1000);
    first.crash();
    await world.clock.advance(5000);
    expect((await world.repositories.jobs.get(id)).epoch).toBe(second.context.instance.epoch);
    await world.repositories.jobs.requestCancel({ jobId: id, by: 'test', at: world.clock.now() });
    expect((await world.ended(id)).state).toBe('cancelled');
    await world.close();
  });

  it('leaves its time limit to whoever adopts the job', async () => {
    const world = new World();
    const first = await world.start('first');
    await world.start('second');
    const id = await world.submitTo(first, { command: ['wait'], timeoutMs: 20_000 });
    await world.clock.advance(1000);
    first.crash();
    const job = await world.ended(id);
    const [attempt] = await world.repositories.attempts.listByJob(id);
    expect(job.state).toBe('timed_out');
    expect((attempt?.phases.exited ?? 0) - (attempt?.phases.launched ?? 0)).toBe(20_000);
    await world.close();
  });
});

describe('a job that its worker runs by itself, as its image has no shell', () => {
  const images = { tiny: { shell: false } };
  const JOB_OF_TINY = { image: 'tiny', command: ['slowly', '1000', '4', 'one ', 'two'] };

  it.each(Array.from({ length: 30 }, (_, index) => index * 10))(
    'does not run twice where its instance dies: after %d ms',
    async (after) => {
      const world = new World(100, images);
      const first = await world.start('first');
      await world.start('second');
      // The instance never learns that its worker runs: its database is away by then.
      first.context.repositories.workers.markReady = () => new Promise(() => undefined);
      const id = await world.submitTo(first, JOB_OF_TINY);
      await world.clock.advance(after);
      const began = world.engine.workers().length > 0;
      first.crash();
      expect(await world.ended(id)).toMatchObject({ state: 'failed', outcome: { evidence: { exitCode: 4 } } });
      expect(await world.output(id)).toBe('one two');
      const attempts = await world.repositories.attempts.listByJob(id);
      if (began) expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual(['exited']);
      await world.clock.advance(20_000);
      expect(world.engine.workers()).toEqual([]);
      await world.close();
    },
  );
});

describe('an instance that was not told', () => {
  it('ends a job that is to be cancelled by its next look at what it owns', async () => {
    const world = new World();
    const life = await world.start('only');
    const id = await world.submitTo(life, { command: ['wait'] });
    await world.clock.advance(1000);
    const row = world.store.jobs.get(id);
    if (row === undefined) throw new Error('the job has no row');
    world.store.jobs.set(id, { ...row, job: { ...row.job, cancelRequest: { at: world.clock.now(), by: 'test' } } });
    expect(await world.ended(id)).toMatchObject({ state: 'cancelled', outcome: { cause: 'cancelled' } });
    await world.close();
  });
});

describe('a worker that no row wants', () => {
  it('is destroyed after a second look, and no other one is', async () => {
    const world = new World();
    const life = await world.start('only');
    const id = await world.submitTo(life, { command: ['wait'] });
    await world.clock.advance(1000);
    const [row] = (await world.repositories.workers.list({ limit: 1 })).items;
    if (row === undefined) throw new Error('the job has no worker');
    const provider = life.context.registry.provider(row.providerId);
    const { workerId } = await world.clock.runUntilSettled(
      provider.createWorker({
        workerId: world.ids.uuid() as typeof row.id,
        installationId: life.context.instance.installationId,
        image: 'x',
        pullPolicy: 'never',
        resources: {},
        network: 'none',
        labels: {},
        expiresAt: 0,
      }),
    );
    await world.clock.advance(4000);
    expect(world.engine.workers().map((worker) => worker.workerId)).toContain(workerId);
    await world.clock.advance(12_000);
    expect(world.engine.workers().map((worker) => worker.workerId)).toEqual([row.id]);
    expect((await world.repositories.jobs.get(id)).state).toBe('running');
    await world.close();
  });
});
