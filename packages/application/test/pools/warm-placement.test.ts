import {
  checkJobInput,
  HodeiError,
  parseJobId,
  parseWorkerId,
  type Job,
  type JobInput,
  type PoolInput,
} from '@hodei/domain';
import { describe, expect, it, vi } from 'vitest';

import {
  continueOwned,
  describeJob,
  pauseQueue,
  resumeQueue,
  submitJob,
  submitJobs,
  waitForJob,
  type JobPolicy,
} from '../../src/index.ts';
import type { PoolWorker } from '../../src/pools/pool-worker.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const NONE = parseWorkerId('00000000-0000-4000-8000-000000000000');
const START_MS = 300;
const WARM: PoolInput = { name: 'warm', template: { image: 'plain' }, minIdle: 2, maxWorkers: 10 };

const startWarm = (pool: Partial<PoolInput> = {}, policy: Partial<JobPolicy> = {}): Promise<TestControlPlane> =>
  startControlPlane({
    engine: { startMs: START_MS },
    policy: { defaultImage: 'plain', handOverTimeoutMs: 200, ...policy },
    pools: [{ ...WARM, ...pool }],
  });

async function runWarm(plane: TestControlPlane, input: JobInput) {
  const { context, runner } = plane;
  const { id } = await submitJob(context, input, { runner });
  const job = await plane.until(waitForJob(context, id));
  const { attempts } = await describeJob(context, id);
  return { job, attempts };
}

/** The one that is taken next. */
function lastWaiting({ idle }: TestControlPlane): PoolWorker {
  const worker = idle.waiting('warm').at(-1);
  if (worker === undefined) throw new Error('no worker waits');
  return worker;
}

/** How long it took from the submission to the launch. */
const launchedAfter = ({ job, attempts }: Awaited<ReturnType<typeof runWarm>>): number =>
  (attempts.at(-1)?.phases.launched ?? 0) - job.createdAt;

describe('a job that a waiting worker fits', () => {
  it('is scheduled on it when it is submitted, and runs at once', async () => {
    await using plane = await startWarm();
    const [first] = plane.idle.waiting('warm');
    const last = plane.idle.waiting('warm').at(-1);
    const submitted = await submitJob(plane.context, { command: ['echo', 'hi'] }, { runner: plane.runner });
    expect(submitted).toMatchObject({ state: 'scheduled', epoch: plane.context.instance.epoch });
    const job = await plane.until(waitForJob(plane.context, submitted.id));
    const { attempts } = await describeJob(plane.context, job.id);
    expect(launchedAfter({ job, attempts })).toBeLessThan(START_MS / 10);
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(await plane.output(job.id)).toBe('hi\n');
    // The one that came last is taken, so that those which are not needed grow old.
    expect(attempts.map(({ workerId }) => workerId)).toEqual([last?.workerId]);
    expect(first?.workerId).not.toBe(last?.workerId);
  });

  it('is scheduled on it also where many are submitted together; those for which there is none begin on new ones', async () => {
    await using plane = await startWarm();
    const submissions = Array.from({ length: 3 }, () => ({ input: { command: ['true'] } }));
    const jobs = await submitJobs(plane.context, submissions, { runner: plane.runner });
    expect(jobs).toMatchObject([{ state: 'scheduled' }, { state: 'scheduled' }, { state: 'scheduled' }]);
    for (const { id } of jobs as readonly Job[])
      expect(await plane.until(waitForJob(plane.context, id))).toMatchObject({ state: 'succeeded' });
  });

  it('is announced to its worker, and to no other, while it is stored: just as it is launched then', async () => {
    await using plane = await startWarm();
    const { workerId, provider } = lastWaiting(plane);
    const announced = vi.spyOn(provider, 'announce');
    const launched = vi.spyOn(provider, 'launch');
    const input = { command: ['cat'], stdin: 'in', env: { A: 'b' }, secrets: { KEY: 's3cret' }, workdir: '/w' };
    const submission = submitJob(plane.context, input, { runner: plane.runner });
    expect(announced).toHaveBeenCalledTimes(1);
    expect([launched.mock.calls, plane.engine.find(workerId)?.verdict]).toEqual([[], undefined]);
    await plane.until(waitForJob(plane.context, (await submission).id));
    const elsewhere = await submitJob(plane.context, { command: ['true'], env: { A: 'b' } });
    await plane.until(waitForJob(plane.context, elsewhere.id));
    expect(announced.mock.calls).toHaveLength(2);
    expect(announced.mock.calls).toEqual(launched.mock.calls.map(([handle, order]) => [handle, order]));
  });

  it('is announced to a worker in vain where it may not begin yet: it waits on, for any job', async () => {
    await using plane = await startWarm();
    const { context, runner } = plane;
    const { workerId } = lastWaiting(plane);
    await pauseQueue(context, 'slow');
    const held = await submitJob(context, { command: ['echo', 'held'], queue: 'slow' }, { runner });
    expect([held.state, plane.engine.find(workerId)?.announced]).toEqual(['pending', expect.any(String)]);
    const { job, attempts } = await runWarm(plane, { command: ['echo', 'hi'] });
    expect([attempts[0]?.workerId, await plane.output(job.id)]).toEqual([workerId, 'hi\n']);
  });

  it('gets a worker of its own, which is destroyed after it and replaced', async () => {
    await using plane = await startWarm();
    const { attempts } = await runWarm(plane, { command: ['true'] });
    await plane.until(plane.runner.idle());
    expect(await plane.context.repositories.workers.get(attempts[0]?.workerId ?? NONE)).toMatchObject({
      state: 'terminated',
    });
    await plane.clock.advance(START_MS + 100);
    expect(plane.idle.waiting('warm')).toHaveLength(2);
    expect(plane.engine.workers()).toHaveLength(2);
  });

  it('takes its environment, secrets, workdir and stdin along in the order', async () => {
    await using plane = await startWarm();
    const { job } = await runWarm(plane, {
      command: ['cat'],
      stdin: 'read this: s3cret',
      env: { A: 'b' },
      secrets: { KEY: 's3cret' },
    });
    expect(await plane.output(job.id)).toBe('read this: ******');
    for (const { labels } of plane.engine.workers()) expect(Object.values(labels)).not.toContain(job.id);
  });

  it('starts cold where it asks for something else, or none waits any more', async () => {
    await using plane = await startWarm();
    expect(launchedAfter(await runWarm(plane, { command: ['true'], image: 'other' }))).toBeGreaterThanOrEqual(START_MS);
    expect(launchedAfter(await runWarm(plane, { command: ['true'], resources: { cpu: 1 } }))).toBeGreaterThanOrEqual(
      START_MS,
    );
    const all = await Promise.all(
      [1, 2, 3].map(() => submitJob(plane.context, { command: ['true'] }, { runner: plane.runner })),
    );
    expect(all.map(({ state }) => state)).toEqual(['scheduled', 'scheduled', 'scheduled']);
    for (const { id } of all)
      expect(await plane.until(waitForJob(plane.context, id))).toMatchObject({ state: 'succeeded' });
  });

  it('gets one that is made for it where it shall have the newest image', async () => {
    await using plane = await startWarm({}, { pullPolicy: 'always' });
    const waiting = plane.idle.waiting('warm').map(({ workerId }) => workerId);
    const { attempts } = await runWarm(plane, { command: ['true'] });
    expect(waiting).not.toContain(attempts[0]?.workerId);
  });

  it('keeps its worker for all of its time', async () => {
    await using plane = await startWarm();
    const { context, runner, clock } = plane;
    const timeoutMs = 10 * context.policy.workerLifetimeMs;
    const { id } = await submitJob(context, { command: ['sleep', '1000'], timeoutMs }, { runner });
    const [attempt] = (await describeJob(context, id)).attempts;
    if (attempt === undefined) throw new Error('it has no attempt');
    const { expiresAt } = await context.repositories.workers.get(attempt.workerId);
    expect(expiresAt - clock.now()).toBeGreaterThan(timeoutMs);
    await plane.until(waitForJob(context, id));
  });

  it('takes none of a template that its pool has no more', async () => {
    await using plane = await startWarm();
    const { idle, clock } = plane;
    const { spec } = checkJobInput({ command: ['true'] }, 'plain');
    const job = { id: parseJobId('00000000-0000-4000-8000-000000000001'), spec };
    idle.setPools(idle.pools.map((pool) => ({ ...pool, template: { ...pool.template, requirements: {} } })));
    expect(idle.take(job, clock.now(), () => true)).toBeUndefined();
  });

  it('waits its turn where this instance runs as many as it may', async () => {
    await using plane = await startControlPlane({
      policy: { defaultImage: 'plain', maxConcurrentJobs: 1 },
      pools: [WARM],
    });
    const { context, runner } = plane;
    const first = await submitJob(context, { command: ['sleep', '100'] }, { runner });
    const second = await submitJob(context, { command: ['true'] }, { runner });
    expect([first.state, second.state]).toEqual(['scheduled', 'pending']);
    expect(await plane.until(waitForJob(context, second.id))).toMatchObject({ state: 'succeeded' });
  });

  it('takes an idle worker also where it was submitted elsewhere and is claimed here', async () => {
    await using plane = await startWarm();
    const { id } = await submitJob(plane.context, { command: ['true'] });
    const job = await plane.until(waitForJob(plane.context, id));
    const { attempts } = await describeJob(plane.context, id);
    expect(launchedAfter({ job, attempts })).toBeLessThan(START_MS / 10);
  });

  it('may be cancelled the moment it is submitted', async () => {
    await using plane = await startWarm();
    const { context, runner } = plane;
    const { id } = await submitJob(context, { command: ['wait'] }, { runner });
    await context.repositories.jobs.requestCancel({ jobId: id, by: 'me', at: plane.clock.now() });
    expect(await plane.until(waitForJob(context, id))).toMatchObject({
      state: 'cancelled',
      outcome: { evidence: { by: 'me' } },
    });
    await plane.until(plane.runner.idle());
  });
});

describe('a worker that is handed over dead', () => {
  it('costs the job no attempt and no wait: it takes the next one', async () => {
    await using plane = await startWarm();
    const taken = lastWaiting(plane);
    plane.engine.killWorker(taken.workerId);
    const { job, attempts } = await runWarm(plane, { command: ['true'], retry: { maxAttempts: 1 } });
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual(['never_launched', 'exited']);
    expect(launchedAfter({ job, attempts })).toBeLessThan(START_MS / 10);
    await plane.until(plane.runner.idle());
    expect(await plane.context.repositories.workers.get(taken.workerId)).toMatchObject({ state: 'terminated' });
  });

  it('where all are dead, it starts cold after two', async () => {
    await using plane = await startWarm({ minIdle: 4 });
    for (const { workerId } of plane.idle.waiting('warm')) plane.engine.vanishWorker(workerId);
    const { job, attempts } = await runWarm(plane, { command: ['true'] });
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(attempts).toHaveLength(3);
    expect(launchedAfter({ job, attempts })).toBeLessThan(START_MS * 2);
  });

  it('is given up where it does not answer in time, and ended before the job goes elsewhere', async () => {
    await using plane = await startWarm();
    const taken = lastWaiting(plane);
    plane.provider.faults.add({ call: 'launch', kind: 'hang', when: (id) => id === taken.workerId });
    const { job, attempts } = await runWarm(plane, { command: ['true'] });
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual(['never_launched', 'exited']);
    expect(launchedAfter({ job, attempts })).toBeLessThan(1000);
  });

  it('runs the job where only the answer to the order was lost', async () => {
    await using plane = await startWarm();
    plane.provider.faults.add({ call: 'launch', kind: 'loseAnswer' });
    const { job, attempts } = await runWarm(plane, { command: ['echo', 'once'] });
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(attempts).toHaveLength(1);
    expect(await plane.output(job.id)).toBe('once\n');
  });
});

describe('a placement that goes wrong', () => {
  it('leaves the job unplaced where its worker was taken away, and goes to the next worker', async () => {
    await using plane = await startWarm();
    const taken = lastWaiting(plane);
    const change = { workerId: taken.workerId, epoch: plane.context.instance.epoch, at: plane.clock.now() };
    await plane.context.repositories.workers.transition({ ...change, from: 'ready', to: 'draining' });
    const { job, attempts } = await runWarm(plane, { command: ['true'] });
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.workerId).not.toBe(taken.workerId);
    await plane.until(plane.runner.idle());
    expect(await plane.context.repositories.workers.get(taken.workerId)).toMatchObject({ state: 'terminated' });
  });

  it.each(['fail', 'loseAnswer'] as const)('finds out what became of it: %s', async (kind) => {
    await using plane = await startWarm();
    const error = new HodeiError('database_unavailable', 'away');
    plane.databaseFaults.add({ call: 'jobs.insertOnWorker', ...(kind === 'fail' ? { kind, error } : { kind }) });
    const { context, runner } = plane;
    await expect(submitJob(context, { command: ['echo', 'x'] }, { runner })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await continueOwned(context, runner, await context.repositories.ownership.listOwned(context.instance.epoch));
    await plane.until(runner.idle());
    await plane.clock.advance(2 * START_MS);
    const { items } = await context.repositories.jobs.list({ limit: 10 });
    expect(items.map(({ state }) => state)).toEqual(kind === 'fail' ? [] : ['succeeded']);
    expect(plane.idle.waiting('warm')).toHaveLength(2);
    expect(plane.engine.workers()).toHaveLength(2);
  });
});

describe('a job that may not begin yet', () => {
  it('waits in its paused queue, and leaves the idle worker to others', async () => {
    await using plane = await startWarm();
    const { context, runner } = plane;
    await pauseQueue(context, 'default');
    const waiting = plane.idle.waiting('warm').map(({ workerId }) => workerId);
    const { id, state } = await submitJob(context, { command: ['true'] }, { runner });
    expect(state).toBe('pending');
    expect(plane.idle.waiting('warm').map(({ workerId }) => workerId)).toEqual(waiting);
    await resumeQueue(context, 'default');
    expect(await plane.until(waitForJob(context, id))).toMatchObject({ state: 'succeeded' });
  });

  it.each(['ready', 'draining'] as const)(
    'gives the worker back where nobody could tell what became of it at first: %s',
    async (state) => {
      await using plane = await startWarm({ minIdle: 1 });
      const { context, runner } = plane;
      const { workerId } = lastWaiting(plane);
      await pauseQueue(context, 'default');
      const error = new HodeiError('database_unavailable', 'away');
      plane.databaseFaults.add({ call: 'workers.get', kind: 'fail', error });
      const submitted = submitJob(context, { command: ['true'] }, { runner });
      await expect(submitted).rejects.toMatchObject({ code: 'database_unavailable' });
      const change = { workerId, epoch: context.instance.epoch, at: plane.clock.now() };
      if (state === 'draining')
        await context.repositories.workers.transition({ ...change, from: 'ready', to: 'draining' });
      await continueOwned(context, runner, await context.repositories.ownership.listOwned(context.instance.epoch));
      await plane.until(runner.idle());
      if (state === 'ready') expect(lastWaiting(plane).workerId).toBe(workerId);
      else expect(await context.repositories.workers.get(workerId)).toMatchObject({ state: 'terminated' });
    },
  );
});
