import { HodeiError, type Attempt, type JobId } from '@hodei/domain';
import type { InMemoryEngine, InMemoryEngineOptions } from '@hodei/testkit/in-memory';
import { describe, expect, it } from 'vitest';

import { describeJob, submitJob, waitForJob } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const START_MS = 200;

/** Two providers, "memory" and "other", with what they have of two images. */
const startTwo = (
  options: Partial<Parameters<typeof startControlPlane>[0]> = {},
  images: InMemoryEngineOptions['images'] = { plain: {} },
): Promise<TestControlPlane> =>
  startControlPlane({
    engine: { startMs: START_MS, images: { plain: {}, big: { remote: true, pullMs: 60_000 } } },
    others: { other: { startMs: START_MS, ...(images === undefined ? {} : { images }) } },
    policy: { defaultImage: 'plain' },
    ...options,
  });

const submit = async ({ context }: TestControlPlane, image = 'plain', command = ['sleep', '5000']): Promise<JobId> =>
  (await submitJob(context, { image, command })).id;

const other = ({ engines }: TestControlPlane): InMemoryEngine => {
  const engine = engines.get('other');
  if (engine === undefined) throw new Error('there is no other engine');
  return engine;
};

/** How many workers run on "memory" and on "other". */
const spread = (plane: TestControlPlane): readonly number[] =>
  [plane.engine, other(plane)].map((engine) => engine.workers().filter(({ exit }) => exit === undefined).length);

const attemptsOf = async ({ context }: TestControlPlane, id: JobId): Promise<readonly Attempt[]> =>
  (await describeJob(context, id)).attempts;

describe('several providers', () => {
  it('share the jobs, and the idle workers of a pool', async () => {
    await using plane = await startTwo({ pools: [{ name: 'warm', template: { image: 'plain' }, minIdle: 4 }] });
    expect(spread(plane)).toEqual([2, 2]);
    // No worker of the pool is what these ask for.
    for (let i = 0; i < 8; i += 1) {
      await submitJob(plane.context, { image: 'plain', command: ['sleep', '9000'], resources: { pids: 10 } });
    }
    await plane.clock.advance(3000);
    expect(spread(plane)).toEqual([6, 6]);
  });

  it('that have the image come first, until they are much fuller than one that would have to pull it', async () => {
    await using plane = await startTwo({ policy: { defaultImage: 'plain' } }, { plain: {}, big: {} });
    for (const { config } of await plane.context.registry.find())
      await plane.context.registry.update(config.id, { maxWorkers: 20 });
    for (let i = 0; i < 2; i += 1) await submit(plane, 'big');
    await plane.clock.advance(1000);
    expect([spread(plane), plane.engine.images.pullCount]).toEqual([[0, 2], 0]);
    // Two of twenty is a tenth: the empty one is worth a pull.
    await submit(plane, 'big');
    await plane.clock.advance(1000);
    expect(plane.engine.images.pullCount).toBe(1);
    // Where both have the image, the emptier one is taken.
    await plane.clock.advance(100_000);
    for (let i = 0; i < 2; i += 1) await submit(plane, 'big');
    await plane.clock.advance(1000);
    expect(spread(plane)).toEqual([1, 1]);
  });

  it('that fail are left out, and let in again by one job alone', async () => {
    await using plane = await startTwo();
    const { registry } = plane.context;
    const error = new HodeiError('provider_unavailable', 'the engine is away');
    const heal = plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error, times: 'always' });
    const jobs: JobId[] = [];
    const burst = async (): Promise<void> => {
      for (let i = 0; i < 10; i += 1) jobs.push(await submit(plane, 'plain', ['sleep', '100']));
    };
    await burst();
    await plane.clock.advance(500);
    expect((await registry.getByName('memory')).breaker).toBe('open');
    heal();
    plane.provider.faults.add({ call: 'createWorker', kind: 'delay', ms: 3000 });
    // Its time of rest is over: of ten jobs that come at once, one tries it, and nobody else until that has begun.
    await plane.clock.advance(1000);
    await burst();
    await plane.clock.advance(1000);
    const { id } = (await registry.getByName('memory')).config;
    const onMemory = async (): Promise<number> =>
      (await Promise.all(jobs.slice(10).map((job) => attemptsOf(plane, job))))
        .flat()
        .filter(({ providerId }) => providerId === id).length;
    expect([await onMemory(), (await registry.getByName('memory')).breaker]).toEqual([1, 'half_open']);
    await plane.clock.advance(4000);
    expect((await registry.getByName('memory')).breaker).toBe('closed');
    await burst();
    await plane.clock.advance(100);
    expect(await onMemory()).toBeGreaterThan(4);
    for (const job of jobs) {
      expect(await plane.until(waitForJob(plane.context, job))).toMatchObject({ state: 'succeeded' });
    }
  });

  it('that are tried by a job which is cancelled meanwhile are tried by the next one at once', async () => {
    await using plane = await startControlPlane({ engine: { startMs: START_MS, images: { plain: {} } } });
    const { context, clock } = plane;
    const breaker = async (): Promise<string> => (await context.registry.getByName('memory')).breaker;
    const error = new HodeiError('provider_unavailable', 'the engine is away');
    const heal = plane.provider.faults.add({ call: 'createWorker', kind: 'fail', error, times: 'always' });
    const failing = await Promise.all(Array.from({ length: 3 }, () => submit(plane)));
    await clock.advance(100);
    expect(await breaker()).toBe('open');
    for (const jobId of failing) await context.repositories.jobs.requestCancel({ jobId, by: 'me', at: clock.now() });
    heal();
    await clock.advance(1000);
    const canary = await submit(plane);
    await clock.advance(START_MS / 2);
    expect(await breaker()).toBe('half_open');
    await context.repositories.jobs.requestCancel({ jobId: canary, by: 'me', at: clock.now() });
    await clock.advance(50);
    const next = await submit(plane, 'plain', ['true']);
    await clock.advance(2 * START_MS + 1000);
    expect(await context.repositories.jobs.get(next)).toMatchObject({ state: 'succeeded' });
    expect(await breaker()).toBe('closed');
  });

  it.each(['jobs.insertBegun', 'attempts.begin'] as const)(
    'that are tried by a job which finds no room after all are tried by the next one at once: %s',
    async (call) => {
      await using plane = await startControlPlane({ engine: { startMs: START_MS, images: { plain: {} } } });
      const { context, clock, runner } = plane;
      await clock.advance(100);
      const { config } = await context.registry.getByName('memory');
      const away = new HodeiError('provider_unavailable', 'the engine is away');
      for (let i = 0; i < 3; i += 1) context.registry.reportFailure(config.id, away);
      await clock.advance(1100);
      const full = new HodeiError('provider_unavailable', 'it is full', { details: { reason: 'no_capacity' } });
      plane.databaseFaults.add({ call, kind: 'fail', error: full });
      const options = call === 'jobs.insertBegun' ? { runner } : {};
      const { id } = await submitJob(context, { image: 'plain', command: ['true'] }, options);
      await clock.advance(3000 + START_MS);
      expect(await context.repositories.jobs.get(id)).toMatchObject({ state: 'succeeded' });
    },
  );
});
