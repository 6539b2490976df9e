import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import {
  WAITING_REASONS,
  describeJob,
  pauseQueue,
  putLimit,
  putQueue,
  resumeQueue,
  submitJob,
  waitForJob,
} from '../../src/index.ts';
import { HodeiError, type JobInput } from '@hodei/domain';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const AWAY = new HodeiError('provider_unavailable', 'it is away');
const LONG: JobInput = { command: ['wait'] };

/** The words and facts of what a job waits for, once it waits for that. */
async function waitsFor(plane: TestControlPlane, jobId: Awaited<ReturnType<typeof submitJob>>['id'], reason: string) {
  for (let tries = 0; tries < 200; tries += 1) {
    const { waiting, waitingFor } = await describeJob(plane.context, jobId);
    if (waiting?.reason === reason) {
      expect(waitingFor).toBe(waiting.words);
      return waiting;
    }
    await plane.clock.advance(25);
  }
  throw new Error(`it waits for ${JSON.stringify((await describeJob(plane.context, jobId)).waiting)}`);
}

async function running(plane: TestControlPlane, input: JobInput): Promise<void> {
  const { id } = await submitJob(plane.context, input);
  while ((await plane.context.repositories.jobs.get(id)).state !== 'running') await plane.clock.advance(25);
}

describe('what a job waits for', () => {
  test('is told with its numbers: its time, its queue, limits, other jobs', async () => {
    await using plane = await startControlPlane({ policy: { gracePeriodMs: 1 } });
    const { context } = plane;
    const submit = async (input: JobInput) => (await submitJob(context, { ...LONG, ...input })).id;
    const notBefore = context.clock.now() + 3_600_000;
    const later = await submit({ notBefore });
    expect((await waitsFor(plane, later, 'not_before')).words).toContain(new Date(notBefore).toISOString());

    await pauseQueue(context, 'asleep');
    const first = await submit({ queue: 'asleep' });
    const second = await submit({ queue: 'asleep' });
    expect((await waitsFor(plane, first, 'queue_paused')).facts).toEqual({ queue: 'asleep' });

    await putQueue(context, { name: 'small', maxInFlight: 1 });
    await running(plane, { ...LONG, queue: 'small' });
    const limited = await submit({ queue: 'small' });
    expect((await waitsFor(plane, limited, 'queue_limit')).facts).toEqual({
      queue: 'small',
      inFlight: 1,
      maxInFlight: 1,
    });

    await putLimit(context, { key: 'narrow', maxInFlight: 1 });
    await running(plane, { ...LONG, concurrencyKey: 'narrow' });
    const keyed = await submit({ concurrencyKey: 'narrow' });
    expect((await waitsFor(plane, keyed, 'key_limit')).facts).toEqual({ key: 'narrow', inFlight: 1, maxInFlight: 1 });

    await putLimit(context, { key: '*', maxInFlight: 1 });
    expect((await waitsFor(plane, limited, 'key_limit')).facts).toEqual({ key: '*', inFlight: 2, maxInFlight: 1 });
    expect(await context.repositories.jobs.countBefore(second, 9)).toBe(1);
    for (const { id } of (await context.repositories.jobs.list({ limit: 99 })).items)
      await context.repositories.jobs.requestCancel({ jobId: id, by: 'test', at: context.clock.now() });
    await resumeQueue(context, 'asleep');
    await plane.until(plane.runner.idle());
  });

  test('is room, a provider that is well, or one that can take it at all', async () => {
    await using plane = await startControlPlane({ policy: { gracePeriodMs: 1 } });
    const { registry, repositories, clock } = plane.context;
    await registry.update(plane.provider.id, { maxWorkers: 1 });
    await running(plane, LONG);
    const { id } = await submitJob(plane.context, { command: ['true'] });
    expect((await waitsFor(plane, id, 'no_capacity')).words).toContain('1 of 1 workers');
    await registry.update(plane.provider.id, { mode: 'maintenance' });
    expect((await waitsFor(plane, id, 'no_provider')).words).toContain('maintenance');
    await registry.update(plane.provider.id, { mode: 'active', maxWorkers: 9 });
    expect((await plane.until(waitForJob(plane.context, id))).state).toBe('succeeded');
    for (const job of (await repositories.jobs.list({ limit: 9 })).items)
      await repositories.jobs.requestCancel({ jobId: job.id, by: 'test', at: clock.now() });
    await plane.until(plane.runner.idle());
  });

  test('is its next attempt, after a failure; and no longer than it may', async () => {
    await using plane = await startControlPlane();
    const { context } = plane;
    const retry = { maxAttempts: 2, backoffMs: 60_000 };
    const { id } = await submitJob(context, { command: ['exit', '3'], retry });
    expect((await waitsFor(plane, id, 'retry_backoff')).facts).toMatchObject({ cause: 'exited', attempt: 1 });
    expect((await plane.until(waitForJob(context, id))).state).toBe('failed');

    await pauseQueue(context, 'asleep');
    const late = await submitJob(context, { ...LONG, queue: 'asleep', waitTimeoutMs: 7000 });
    const submitted = context.clock.now();
    const ended = await plane.until(waitForJob(context, late.id));
    expect(ended).toMatchObject({ state: 'timed_out', outcome: { cause: 'wait_timeout' } });
    expect((ended.finishedAt ?? 0) - submitted).toBeLessThan(7100);
    await plane.until(plane.runner.idle());
  });

  test('is a place, its turn, or an instance at all', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 0 } });
    const { context } = plane;
    const first = (await submitJob(context, LONG)).id;
    const second = (await submitJob(context, LONG)).id;
    expect(await waitsFor(plane, first, 'claiming')).toMatchObject({
      words: 'a place: 1 instance is alive',
      facts: { alive: 1 },
    });
    expect(await waitsFor(plane, second, 'earlier_jobs')).toMatchObject({
      words: 'its turn: 1 job in queue default come before it',
      facts: { queue: 'default', before: 1 },
    });
    await context.repositories.instances.release(context.instance.epoch);
    expect((await waitsFor(plane, first, 'no_instance')).words).toBe('an instance to run it: none is alive');
  });

  test('is a provider that is well again', async () => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({ call: 'checkHealth', kind: 'fail', error: AWAY, times: 'always' });
    await plane.context.registry.checkHealth();
    const { id } = await submitJob(plane.context, { command: ['true'] });
    const { words, facts } = await waitsFor(plane, id, 'provider_unhealthy');
    expect(words).toMatch(/^a provider to be well again \(.*memory.*\); tried again at /);
    expect(facts).toMatchObject({ message: expect.stringContaining('memory') as string });
    plane.provider.faults.clear();
    await plane.context.registry.checkHealth();
    expect((await plane.until(waitForJob(plane.context, id))).state).toBe('succeeded');
  });

  test('is its image, its turn to be started, its worker, and the answer to its order', async () => {
    await using plane = await startControlPlane();
    const { context, provider } = plane;
    for (const call of ['prepareImage', 'createWorker', 'launch'] as const)
      provider.faults.add({ call, kind: 'delay', ms: 3000, times: 'always' });
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => submitJob(context, { command: ['true'], image: 'busybox' })),
    );
    const [first] = jobs.map(({ id }) => id);
    if (first === undefined) throw new Error('there is no job');
    expect(await waitsFor(plane, first, 'pulling_image')).toMatchObject({
      words: 'its image to be ready',
      facts: { attempt: 1, image: 'busybox', providerId: provider.id },
    });
    const reasons = async (): Promise<readonly (string | undefined)[]> =>
      Promise.all(jobs.map(async ({ id }) => (await describeJob(context, id)).waiting?.reason));
    while (!(await reasons()).includes('start_turn')) await plane.clock.advance(25);
    const { id: turn } = jobs[(await reasons()).indexOf('start_turn')] ?? { id: first };
    expect((await waitsFor(plane, turn, 'start_turn')).words).toBe(
      'its turn to be started: its provider starts only so many workers at once',
    );
    expect((await waitsFor(plane, turn, 'creating_worker')).words).toBe('its worker to start');
    // Whoever asks another instance is told what the rows say.
    const { repositories, clock } = context;
    expect((await describeJob({ repositories, clock }, turn)).waiting).toMatchObject({
      reason: 'preparing',
      words: 'its image and its worker to be ready',
    });
    expect((await waitsFor(plane, turn, 'launching')).words).toBe('its worker to say that it is launched');
    await Promise.all(jobs.map(({ id }) => plane.until(waitForJob(context, id))));
    expect(await reasons()).toEqual(jobs.map(() => undefined));
  });

  test('is a provider while none is chosen', async () => {
    await using plane = await startControlPlane();
    plane.databaseFaults.add({ call: 'workers.loads', kind: 'delay', ms: 2000 });
    const { id } = await submitJob(plane.context, { command: ['true'] });
    expect((await waitsFor(plane, id, 'choosing_provider')).words).toBe(
      'a provider, or a worker of a pool that will be free sooner',
    );
    await plane.until(waitForJob(plane.context, id));
    await plane.until(plane.runner.idle());
  });

  test('stands in docs/observability.md, every reason of it', async () => {
    const page = await readFile(new URL('../../../../docs/observability.md', import.meta.url), 'utf8');
    const [, section = ''] = page.split('## Why does it wait?');
    const reasons = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason = '']) => reason);
    expect(reasons.toSorted()).toEqual(WAITING_REASONS.toSorted());
  });
});
