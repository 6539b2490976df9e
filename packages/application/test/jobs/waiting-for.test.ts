import { describe, expect, test } from 'vitest';

import { describeJob, pauseQueue, putLimit, putQueue, resumeQueue, submitJob, waitForJob } from '../../src/index.ts';
import type { JobInput } from '@hodei/domain';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

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
});
