import type { JobInput, PoolInput } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { describeJob, drainWorker, putPool, submitJob, waitForJob, watchOverWorkers } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const REUSING: PoolInput = {
  name: 'warm',
  template: { image: 'plain' },
  minIdle: 1,
  maxWorkers: 4,
  maxJobsPerWorker: 3,
};

const startReusing = (pool: Partial<PoolInput> = {}, maxConcurrentJobs = 50): Promise<TestControlPlane> =>
  startControlPlane({
    engine: { startMs: 300 },
    policy: { defaultImage: 'plain', maxConcurrentJobs },
    pools: [{ ...REUSING, ...pool }],
  });

async function run(plane: TestControlPlane, input: JobInput) {
  const { context, runner } = plane;
  const { id } = await submitJob(context, input, { runner });
  const job = await plane.until(waitForJob(context, id));
  const { attempts } = await describeJob(context, id);
  return { job, workers: attempts.map(({ workerId }) => workerId) };
}

describe('a worker of a pool that reuses', () => {
  it('runs one job after another, as many as it may, and is then replaced', async () => {
    await using plane = await startReusing();
    const used: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { job, workers } = await run(plane, { command: ['echo', String(i)] });
      expect(await plane.output(job.id)).toBe(`${i}\n`);
      used.push(...workers);
    }
    expect(new Set(used).size).toBe(1);
    await plane.clock.advance(1000);
    const next = await run(plane, { command: ['true'] });
    expect(used).not.toContain(next.workers[0]);
  });

  it('serves one tenant only', async () => {
    await using plane = await startReusing({ minIdle: 2 });
    const a = await run(plane, { command: ['true'], tenant: 'a' });
    const b = await run(plane, { command: ['true'], tenant: 'b' });
    const again = await run(plane, { command: ['true'], tenant: 'a' });
    expect(b.workers).not.toEqual(a.workers);
    expect(again.workers).toEqual(a.workers);
  });

  it('is taken by its tenant before a newer one, which may still serve anybody', async () => {
    await using plane = await startReusing({ minIdle: 2 });
    const served = await run(plane, { command: ['true'], tenant: 'a' });
    const [other] = plane.idle.waiting('warm').filter(({ workerId }) => workerId !== served.workers[0]);
    if (other === undefined) throw new Error('no other one waits');
    plane.engine.killWorker(other.workerId);
    await plane.clock.advance(5000);
    expect(plane.idle.waiting('warm').at(-1)?.servedTenant).toBeUndefined();
    expect((await run(plane, { command: ['true'], tenant: 'a' })).workers).toEqual(served.workers);
  });

  it('is reused after a job that failed, and not after one that was stopped', async () => {
    await using plane = await startReusing();
    const failed = await run(plane, { command: ['print', 'stderr', 'oops', '7'] });
    expect(failed.job).toMatchObject({ state: 'failed', outcome: { evidence: { exitCode: 7 } } });
    const stopped = await run(plane, { command: ['wait'], timeoutMs: 100 });
    expect(stopped.job).toMatchObject({ state: 'timed_out' });
    expect(stopped.workers).toEqual(failed.workers);
    await plane.clock.advance(1000);
    expect((await run(plane, { command: ['true'] })).workers).not.toEqual(failed.workers);
  });

  it.each(['unclean', 'oom'])('is destroyed where it can not be shown to be clean: %s', async (program) => {
    await using plane = await startReusing();
    const { workers } = await run(plane, { command: [program] });
    const [workerId] = workers;
    if (workerId === undefined) throw new Error('it has no attempt');
    expect((await plane.context.repositories.workers.get(workerId)).state).not.toBe('ready');
    await plane.clock.advance(1000);
    expect(await plane.context.repositories.workers.get(workerId)).toMatchObject({ state: 'terminated' });
    expect(plane.engine.find(workerId)).toBeUndefined();
    expect(plane.idle.waiting('warm')).toHaveLength(1);
  });

  it('is not reused where its pool has another template by then, nor in the last part of its life', async () => {
    await using plane = await startReusing({ minIdle: 2 });
    const { context, runner, clock } = plane;
    const submit = async (input: JobInput) => (await submitJob(context, input, { runner })).id;
    const workerOf = async (id: Awaited<ReturnType<typeof submit>>) => {
      await plane.until(waitForJob(context, id));
      const [attempt] = (await describeJob(context, id)).attempts;
      if (attempt === undefined) throw new Error('it has no attempt');
      return context.repositories.workers.get(attempt.workerId);
    };
    const old = await submit({ command: ['sleep', '5000'] });
    await putPool(context, { ...REUSING, template: { image: 'plain', labels: { new: 'yes' } } });
    await clock.advance(3000);
    expect((await workerOf(old)).state).not.toBe('ready');
    await putPool(context, REUSING);
    await clock.advance(3000);
    const late = await submit({ command: ['sleep', String(context.policy.workerLifetimeMs)] });
    expect((await workerOf(late)).state).not.toBe('ready');
  });

  it('waits for no other job where its end was asked for meanwhile, and is replaced at once', async () => {
    await using plane = await startReusing();
    const { context, runner, clock } = plane;
    const over = new AbortController();
    const watching = watchOverWorkers(context, runner, over.signal);
    const { id } = await submitJob(context, { command: ['sleep', '1000'] }, { runner });
    await clock.advance(500);
    const [attempt] = (await describeJob(context, id)).attempts;
    if (attempt === undefined) throw new Error('it has no attempt');
    await drainWorker(context, attempt.workerId, 'ada');
    await plane.until(waitForJob(context, id));
    await clock.advance(350);
    expect(plane.engine.find(attempt.workerId)).toBeUndefined();
    const waiting = plane.idle.waiting('warm').map(({ workerId }) => workerId);
    expect(waiting).toHaveLength(1);
    expect(waiting).not.toContain(attempt.workerId);
    over.abort();
    await plane.until(watching);
  });

  it('takes the next job that waits at once', async () => {
    await using plane = await startReusing({}, 1);
    const { context, runner } = plane;
    const first = await submitJob(context, { command: ['sleep', '100'] }, { runner });
    const second = await submitJob(context, { command: ['true'] }, { runner });
    expect(second.state).toBe('pending');
    await plane.until(waitForJob(context, second.id));
    const [before] = (await describeJob(context, first.id)).attempts;
    const [after] = (await describeJob(context, second.id)).attempts;
    expect(after?.workerId).toBe(before?.workerId);
    expect((after?.phases.launched ?? 0) - (before?.phases.exited ?? 0)).toBeLessThan(5);
  });

  it('costs the next job nothing where it has died meanwhile', async () => {
    await using plane = await startReusing({ minIdle: 2 });
    const first = await run(plane, { command: ['true'] });
    for (const workerId of first.workers) plane.engine.killWorker(workerId);
    const second = await run(plane, { command: ['echo', 'ok'] });
    expect(second.job).toMatchObject({ state: 'succeeded' });
    expect(second.workers.at(-1)).not.toBe(first.workers[0]);
  });

  it('gives each job its own worker where the provider does not reuse', async () => {
    await using plane = await startControlPlane({
      policy: { defaultImage: 'plain' },
      capabilities: { reuse: false },
      pools: [REUSING],
    });
    const first = await run(plane, { command: ['true'] });
    await plane.clock.advance(1000);
    expect((await run(plane, { command: ['true'] })).workers).not.toEqual(first.workers);
  });
});

describe('a busy worker of a pool that reuses', () => {
  const SHORT = { command: ['sleep', '20'] };
  /** A pool of one that knows how long its jobs take. */
  const startKnowing = async (pool: Partial<PoolInput> = {}): Promise<TestControlPlane> => {
    const plane = await startReusing({ maxJobsPerWorker: 1000, maxWorkers: 10, ...pool });
    for (let i = 0; i < 3; i += 1) await run(plane, SHORT);
    await plane.clock.advance(1000);
    return plane;
  };
  const submit = ({ context, runner }: TestControlPlane, input: JobInput) => submitJob(context, input, { runner });

  it('is waited for where it comes back sooner than a new one were ready', async () => {
    await using plane = await startKnowing();
    const before = plane.engine.made;
    const jobs = await Promise.all(Array.from({ length: 6 }, () => submit(plane, SHORT)));
    for (const { id } of jobs) await plane.until(waitForJob(plane.context, id));
    const ends = await Promise.all(jobs.map(({ id }) => describeJob(plane.context, id)));
    expect(new Set(ends.flatMap(({ attempts }) => attempts.map(({ workerId }) => workerId))).size).toBe(1);
    const took = Math.max(...ends.map(({ job }) => (job.finishedAt ?? 0) - job.createdAt));
    expect(took).toBeLessThan(300);
    expect(plane.engine.made).toBe(before);
  });

  it('is not waited for by more jobs than it can take in that time, nor by those of another tenant', async () => {
    await using plane = await startKnowing();
    const jobs = await Promise.all(Array.from({ length: 30 }, () => submit(plane, SHORT)));
    const foreign = await submit(plane, { ...SHORT, tenant: 'other' });
    for (const { id } of [...jobs, foreign]) await plane.until(waitForJob(plane.context, id));
    const workersOf = async (id: (typeof foreign)['id']) => (await describeJob(plane.context, id)).attempts;
    const all = (await Promise.all(jobs.map(({ id }) => workersOf(id)))).flat().map(({ workerId }) => workerId);
    const [first] = all;
    const [one] = await workersOf(foreign.id);
    expect(one?.workerId).not.toBe(first);
    // 300 ms of a start are worth 14 jobs of 20 ms; the others begin at once.
    expect(all.filter((id) => id === first).length).toBeGreaterThan(8);
    expect(all.filter((id) => id === first).length).toBeLessThan(20);
  });

  it('is waited for no longer than a start takes', async () => {
    await using plane = await startKnowing();
    const long = await submit(plane, { command: ['sleep', '60000'] });
    const second = await submit(plane, SHORT);
    const { startedAt = 0 } = await plane.until(waitForJob(plane.context, second.id));
    expect(startedAt - second.createdAt).toBeLessThan(2 * 300 + 50);
    const { attempts } = await describeJob(plane.context, second.id);
    expect(attempts).toHaveLength(1);
    await plane.context.repositories.jobs.requestCancel({ jobId: long.id, by: 'me', at: plane.clock.now() });
  });

  it('is not replaced while it is expected back, and is as soon as it is overdue', async () => {
    await using plane = await startKnowing();
    const before = plane.engine.made;
    for (let i = 0; i < 20; i += 1) {
      await run(plane, SHORT);
      expect(plane.idle.waiting('warm').length).toBeLessThanOrEqual(1);
      await plane.clock.advance(37);
    }
    expect(plane.engine.made).toBe(before);
    const { id } = await submit(plane, { command: ['sleep', '5000'] });
    await plane.clock.advance(300 + 100);
    expect(plane.idle.waiting('warm')).toHaveLength(1);
    expect(plane.engine.made).toBe(before + 1);
    await plane.until(waitForJob(plane.context, id));
    await plane.clock.advance(100);
    expect(plane.idle.waiting('warm')).toHaveLength(1);
  });
});
