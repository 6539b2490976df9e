import type { JobInput, PoolInput } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { describeJob, submitJob, waitForJob } from '../../src/index.ts';
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
