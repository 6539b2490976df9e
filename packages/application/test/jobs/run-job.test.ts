import { HodeiError } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { cancelJob, describeJob, submitJob, waitForJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

describe('a job that runs', () => {
  it('succeeds, with its output stored and its worker gone', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['echo', 'hello', 'world'] });
    expect(job).toMatchObject({ state: 'succeeded', outcome: { cause: 'exited', evidence: { exitCode: 0 } } });
    expect(await plane.output(job.id)).toBe('hello world\n');
    expect(plane.engine.workers()).toEqual([]);
    const { items } = await plane.context.repositories.workers.list({ limit: 10 });
    expect(items.map(({ state }) => state)).toEqual(['terminated']);
  });

  it('fails with its exit code, and keeps stdout and stderr apart', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['print', 'stderr', 'oops', '7'] });
    expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 7 } } });
    expect(await plane.output(job.id, 'stderr')).toBe('oops');
    expect(await plane.output(job.id, 'stdout')).toBe('');
  });

  it('runs what the image runs by itself where it names no command', async () => {
    await using plane = await startControlPlane({
      engine: { images: { tool: { defaultCommand: ['echo', 'default'] }, bare: {} } },
    });
    const job = await plane.run({ image: 'tool' });
    expect(await plane.output(job.id)).toBe('default\n');
    const none = await plane.run({ image: 'bare' });
    expect(none).toMatchObject({
      state: 'failed',
      outcome: { cause: 'start_failed', evidence: { code: 'invalid_input' } },
    });
    expect(plane.engine.workers()).toEqual([]);
  });

  it('records when each phase was reached, in order', async () => {
    await using plane = await startControlPlane({ engine: { startMs: 200 } });
    const job = await plane.run({ command: ['slowly', '50', '0', 'a', 'b'] });
    const { attempts } = await describeJob(plane.context, job.id);
    const phases = attempts[0]?.phases ?? {};
    expect(Object.keys(phases).toSorted()).toEqual(
      ['claimed', 'ended', 'exited', 'firstByte', 'imageReady', 'launched', 'ordered', 'workerReady'].toSorted(),
    );
    expect((phases.workerReady ?? 0) - (phases.imageReady ?? 0)).toBe(200);
    expect((phases.exited ?? 0) - (phases.launched ?? 0)).toBe(50);
  });
});

describe('a job that ends before its time', () => {
  it('is stopped with grace when its time is up', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['notice-term'], timeoutMs: 1000 });
    expect(job).toMatchObject({ state: 'timed_out', outcome: { cause: 'timed_out', evidence: { exitCode: 3 } } });
    expect(await plane.output(job.id)).toBe('ready\nnoticed\n');
  });

  it('is killed after the grace period where it does not listen', async () => {
    await using plane = await startControlPlane({ policy: { gracePeriodMs: 500 } });
    const job = await plane.run({ command: ['ignore-term'], timeoutMs: 1000 });
    const [attempt] = (await describeJob(plane.context, job.id)).attempts;
    expect((attempt?.phases.exited ?? 0) - (attempt?.phases.launched ?? 0)).toBe(1500);
    expect(job.outcome?.evidence).toMatchObject({ exitCode: 137 });
  });

  it('is cancelled while it runs, and says by whom', async () => {
    await using plane = await startControlPlane();
    const { id } = await submitJob(plane.context, { command: ['wait'] });
    await plane.until(waitUntilState(plane, id, 'running'));
    await cancelJob(plane.context, id, 'alice');
    const job = await plane.until(waitForJob(plane.context, id));
    expect(job).toMatchObject({ state: 'cancelled', outcome: { cause: 'cancelled', evidence: { by: 'alice' } } });
    await plane.until(plane.runner.idle());
    expect(plane.engine.workers()).toEqual([]);
  });

  it('is given no more grace when it is killed', async () => {
    await using plane = await startControlPlane({ policy: { gracePeriodMs: 60_000 } });
    const { id } = await submitJob(plane.context, { command: ['ignore-term'] });
    await plane.until(waitUntilState(plane, id, 'running'));
    const before = plane.clock.now();
    await cancelJob(plane.context, id, 'alice');
    await plane.clock.settle();
    await cancelJob(plane.context, id, 'alice', { force: true });
    const job = await plane.until(waitForJob(plane.context, id));
    expect(job.state).toBe('cancelled');
    expect(plane.clock.now() - before).toBeLessThan(60_000);
  });

  it('is cancelled while its worker starts, and leaves nothing', async () => {
    await using plane = await startControlPlane({ engine: { startMs: 10_000 } });
    const { id } = await submitJob(plane.context, { command: ['true'] });
    await plane.until(waitUntilState(plane, id, 'scheduled'));
    await plane.clock.settle();
    await cancelJob(plane.context, id, 'bob');
    const job = await plane.until(waitForJob(plane.context, id));
    expect(job).toMatchObject({ state: 'cancelled', outcome: { cause: 'cancelled', evidence: { by: 'bob' } } });
    await plane.until(plane.runner.idle());
    expect(plane.engine.workers()).toEqual([]);
  });

  it('never starts where it was cancelled while it was pending', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 1 } });
    const first = await submitJob(plane.context, { command: ['wait'] });
    await plane.until(waitUntilState(plane, first.id, 'running'));
    const second = await submitJob(plane.context, { command: ['true'] });
    expect((await cancelJob(plane.context, second.id, 'carol')).state).toBe('cancelled');
    await cancelJob(plane.context, first.id, 'carol');
    await plane.until(waitForJob(plane.context, first.id));
    await plane.until(plane.runner.idle());
    expect((await describeJob(plane.context, second.id)).attempts).toEqual([]);
  });

  it('runs once where a claim and a look at what its instance owns both find it', async () => {
    await using plane = await startControlPlane({ policy: { maxConcurrentJobs: 0 } });
    const job = await submitJob(plane.context, { command: ['true'] }, { claim: true });
    const both = [plane.runner.start(job), plane.runner.start(job)];
    const [first, second] = await plane.until(Promise.all(both));
    expect(first).toMatchObject({ state: 'succeeded' });
    expect(second).toEqual(first);
    expect((await describeJob(plane.context, job.id)).attempts).toHaveLength(1);
  });

  it("is named killed for memory only with the engine's word for it", async () => {
    await using plane = await startControlPlane();
    expect(await plane.run({ command: ['oom'] })).toMatchObject({ state: 'failed', outcome: { cause: 'oom_killed' } });
    expect(await plane.run({ command: ['exit', '137'] })).toMatchObject({
      outcome: { cause: 'exited', evidence: { exitCode: 137 } },
    });
  });
});

describe('a job that is tried again', () => {
  it('uses as many attempts as it may, with a growing wait between', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['exit', '9'], retry: { maxAttempts: 3, backoffMs: 1000 } });
    const { attempts } = await describeJob(plane.context, job.id);
    expect(job.state).toBe('failed');
    expect(attempts.map(({ number, outcome }) => [number, outcome?.evidence.exitCode])).toEqual([
      [1, 9],
      [2, 9],
      [3, 9],
    ]);
    const [first, second, third] = attempts.map(({ phases }) => phases);
    expect((second?.claimed ?? 0) - (first?.ended ?? 0)).toBe(1000);
    expect((third?.claimed ?? 0) - (second?.ended ?? 0)).toBe(2000);
  });

  it("is not tried again where that can't help", async () => {
    await using plane = await startControlPlane({ engine: { images: { there: {} } } });
    const missing = await plane.run({ image: 'nowhere', command: ['true'], retry: { maxAttempts: 5 } });
    expect(missing).toMatchObject({ state: 'failed', outcome: { cause: 'image_not_found' } });
    const unknown = await plane.run({ image: 'there', command: ['no-such-program'], retry: { maxAttempts: 5 } });
    expect(unknown).toMatchObject({
      state: 'failed',
      outcome: { cause: 'command_not_found', evidence: { exitCode: 127 } },
    });
    expect((await describeJob(plane.context, unknown.id)).attempts).toHaveLength(1);
  });

  it('does not pay for faults that are not its own', async () => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({
      call: 'createWorker',
      kind: 'fail',
      error: new HodeiError('provider_timeout', 'busy'),
      times: 2,
    });
    const job = await plane.run({ command: ['true'] });
    const { attempts } = await describeJob(plane.context, job.id);
    expect(job.state).toBe('succeeded');
    expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual([
      'provider_unavailable',
      'provider_unavailable',
      'exited',
    ]);
  });

  it('runs elsewhere where its worker vanished', async () => {
    await using plane = await startControlPlane();
    const { id } = await submitJob(plane.context, { command: ['sleep', '60000'] });
    await plane.until(waitUntilState(plane, id, 'running'));
    const [worker] = plane.engine.workers();
    if (worker) plane.engine.vanishWorker(worker.workerId);
    const job = await plane.until(waitForJob(plane.context, id));
    const { attempts } = await describeJob(plane.context, job.id);
    expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual(['worker_lost', 'exited']);
  });
});

describe('an image without a shell', () => {
  const engine = { images: { tiny: { shell: false, defaultCommand: ['echo', 'by itself'] } } };

  it('gets the job directly', async () => {
    await using plane = await startControlPlane({ engine });
    const job = await plane.run({ image: 'tiny', command: ['echo', 'direct'] });
    expect(job.state).toBe('succeeded');
    expect(await plane.output(job.id)).toBe('direct\n');
  });

  it('is refused what needs a shell or must not be seen', async () => {
    await using plane = await startControlPlane({ engine });
    const codeOf = async (input: Parameters<typeof plane.run>[0]) => (await plane.run(input)).outcome?.evidence.code;
    expect(await codeOf({ image: 'tiny', command: ['true'], secrets: { A: 'b' } })).toBe('secrets_refused');
    expect(await codeOf({ image: 'tiny', script: 'true' })).toBe('image_without_shell');
    expect(await codeOf({ image: 'tiny', command: ['cat'], stdin: 'x' })).toBe('image_without_shell');
    expect(plane.engine.workers()).toEqual([]);
  });
});

describe('secrets', () => {
  it('reach the job and nothing else', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['printenv', 'TOKEN'], secrets: { TOKEN: 's3cret' } });
    expect(await plane.output(job.id)).toBe('******');
    expect(JSON.stringify(await describeJob(plane.context, job.id))).not.toContain('s3cret');
    expect(await plane.context.repositories.jobs.sealedSecrets(job.id)).toBeUndefined();
  });
});

async function waitUntilState(
  plane: Awaited<ReturnType<typeof startControlPlane>>,
  id: Parameters<typeof waitForJob>[1],
  state: string,
): Promise<void> {
  using changes = plane.context.hub.subscribe({ jobId: id, kinds: ['job'] });
  for (;;) {
    await changes.next();
    if ((await plane.context.repositories.jobs.get(id)).state === state) return;
  }
}
