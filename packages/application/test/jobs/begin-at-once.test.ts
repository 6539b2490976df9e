import { HodeiError, type Job, type JobInput } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import {
  cancelJob,
  continueOwned,
  describeJob,
  dispatchJobs,
  pauseQueue,
  resumeQueue,
  submitJob,
  submitJobs,
  waitForJob,
} from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const submit = ({ context, runner }: TestControlPlane, input: JobInput): Promise<Job> =>
  submitJob(context, input, { runner });

const kindsOf = async ({ context }: TestControlPlane, { id }: Pick<Job, 'id'>): Promise<readonly string[]> =>
  (await context.repositories.history.list({ afterSeq: 0, limit: 100, jobId: id })).map(({ kind }) => kind);

const lookAtOwned = async ({ context, runner }: TestControlPlane): Promise<number> =>
  continueOwned(context, runner, await context.repositories.ownership.listOwned(context.instance.epoch));

describe('a job for which this instance has a place', () => {
  it('is begun by the statement that stores it, and runs', async () => {
    await using plane = await startControlPlane();
    plane.databaseFaults.add({
      call: 'attempts.begin',
      kind: 'fail',
      error: new HodeiError('internal', 'never called'),
    });
    const job = await submit(plane, { command: ['cat'], env: { A: 'b' }, secrets: { KEY: 's3cret' } });
    expect(job).toMatchObject({ state: 'scheduled', epoch: plane.context.instance.epoch });
    expect(await kindsOf(plane, job)).toEqual(['job.scheduled', 'worker.creating']);
    expect(await plane.until(waitForJob(plane.context, job.id))).toMatchObject({ state: 'succeeded' });
    const { attempts } = await describeJob(plane.context, job.id);
    expect(attempts).toMatchObject([{ number: 1, phases: { claimed: job.createdAt } }]);
  });

  it('waits where no place is left, and is begun in its turn', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 2 } });
    const jobs: Job[] = [];
    for (let i = 0; i < 3; i += 1) jobs.push(await submit(plane, { command: ['sleep', '100'] }));
    expect(jobs.map(({ state }) => state)).toEqual(['scheduled', 'scheduled', 'pending']);
    expect(plane.runner.activeCount).toBe(2);
    for (const { id } of jobs)
      expect(await plane.until(waitForJob(plane.context, id))).toMatchObject({ state: 'succeeded' });
  });

  it('never takes more places than there are, however many are submitted together', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 2 } });
    const submissions = Array.from({ length: 9 }, () => ({ input: { command: ['sleep', '100'] } }));
    const submitted = submitJobs(plane.context, submissions, { runner: plane.runner });
    expect(plane.runner.activeCount).toBe(2);
    for (const job of await submitted) {
      if (!('id' in job)) throw job;
      expect(await plane.until(waitForJob(plane.context, job.id))).toMatchObject({ state: 'succeeded' });
      expect(plane.engine.workers().length).toBeLessThanOrEqual(2);
    }
  });

  it('waits where others wait, so that nobody is overtaken', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 1 } });
    const [, second] = [await submit(plane, { command: ['sleep', '100'] }), await submit(plane, { command: ['true'] })];
    await pauseQueue(plane.context, 'default');
    await plane.clock.advance(200);
    expect(await submit(plane, { command: ['true'], queue: 'other' })).toMatchObject({ state: 'pending' });
    await resumeQueue(plane.context, 'default');
    expect(await plane.until(waitForJob(plane.context, second.id))).toMatchObject({ state: 'succeeded' });
  });

  it('waits where its provider is full, and is not tried at once while others were refused just now', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 10 } });
    const { id } = await plane.context.registry.getByName('memory').then(({ config }) => config);
    await plane.context.registry.update(id, { maxWorkers: 1 });
    const first = await submit(plane, { command: ['sleep', '3000'] });
    const second = await submit(plane, { command: ['true'] });
    expect([first.state, second.state]).toEqual(['scheduled', 'pending']);
    await plane.until(plane.context.repositories.jobs.get(second.id));
    await plane.clock.advance(10);
    expect(plane.runner.roomTries.wasRefused(plane.clock.now())).toBe(true);
    expect(await plane.until(waitForJob(plane.context, second.id))).toMatchObject({ state: 'succeeded' });
    expect(plane.runner.roomTries.wasRefused(plane.clock.now())).toBe(false);
  });

  it('may be cancelled the moment it is submitted', async () => {
    await using plane = await startControlPlane();
    const { id } = await submit(plane, { command: ['wait'] });
    await cancelJob(plane.context, id, 'me');
    expect(await plane.until(waitForJob(plane.context, id))).toMatchObject({ state: 'cancelled' });
    await plane.until(plane.runner.idle());
    expect(plane.engine.workers()).toHaveLength(0);
  });

  it('is one job where it is sent twice at the same time', async () => {
    await using plane = await startControlPlane();
    const { context, runner } = plane;
    const idempotency = { jobId: (await submit(plane, { command: ['true'] })).id, requestHash: 'a' };
    const again = submitJob(context, { command: ['false'] }, { runner, idempotency });
    await expect(again).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect((await describeJob(context, idempotency.jobId)).attempts).toHaveLength(1);
  });
});

describe('a job that is being stored as begun', () => {
  it('is left alone by who looks at what this instance owns', async () => {
    await using plane = await startControlPlane();
    const { jobs } = plane.context.repositories;
    const insertBegun = jobs.insertBegun.bind(jobs);
    jobs.insertBegun = async (...given) => {
      const stored = await insertBegun(...given);
      expect(await lookAtOwned(plane)).toBe(0);
      return stored;
    };
    const { id } = await submit(plane, { command: ['echo', 'once'] });
    expect(await plane.until(waitForJob(plane.context, id))).toMatchObject({ state: 'succeeded' });
    expect(await plane.output(id)).toBe('once\n');
    expect((await describeJob(plane.context, id)).attempts).toHaveLength(1);
  });

  it.each(['fail', 'loseAnswer'] as const)('is found where nobody knows what became of it: %s', async (kind) => {
    await using plane = await startControlPlane();
    const error = new HodeiError('database_unavailable', 'away');
    plane.databaseFaults.add({ call: 'jobs.insertBegun', ...(kind === 'fail' ? { kind, error } : { kind }) });
    await expect(submit(plane, { command: ['echo', 'x'] })).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(plane.runner.activeCount).toBe(0);
    await lookAtOwned(plane);
    await plane.until(plane.runner.idle());
    await plane.clock.advance(1000);
    const { items } = await plane.context.repositories.jobs.list({ limit: 10 });
    expect(items.map(({ state }) => state)).toEqual(kind === 'fail' ? [] : ['succeeded']);
    for (const { id } of items) expect(await plane.output(id)).toBe('x\n');
    expect(plane.engine.workers()).toHaveLength(0);
  });
});

describe('an instance that takes no jobs any more', () => {
  it('begins none that is submitted to it', async () => {
    const plane = await startControlPlane();
    await plane[Symbol.asyncDispose]();
    const job = await submit(plane, { command: ['true'] });
    expect(job).toMatchObject({ state: 'pending' });
    const over = new AbortController();
    const dispatching = dispatchJobs(plane.context, plane.runner, over.signal);
    await plane.clock.advance(10);
    over.abort();
    await plane.until(dispatching);
    await plane.until(plane.runner.idle());
    expect(await plane.context.repositories.jobs.get(job.id)).toMatchObject({ state: 'succeeded' });
  });
});
