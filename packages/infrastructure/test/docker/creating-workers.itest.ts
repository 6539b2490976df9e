import { workerName, type ProvisionProgress } from '@hodei/domain';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { DockerProvider } from '../../src/docker/index.ts';
import { collectText } from './support/job-output.ts';
import { openDockerProxy } from './support/docker-proxy.ts';
import { IMAGES, openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

const NOW = { gracePeriodMs: 0 } as const;

describe('creating workers', () => {
  let engine: TestDocker;
  let provider: DockerProvider;
  beforeAll(async () => {
    engine = await openTestDocker();
    provider = await engine.provider();
  });
  afterEach(async () => {
    for (const worker of await provider.listWorkers(engine.installationId)) await provider.destroyWorker(worker, NOW);
  });
  afterAll(() => engine.close());

  test('tells the phases it goes through', async () => {
    const phases: ProvisionProgress[] = [];
    await provider.createWorker(engine.spec(), { onProgress: (progress) => phases.push(progress) });
    expect(phases.map(({ phase }) => phase)).toEqual(['creating-worker', 'starting-worker']);
  });

  test('learns how long it takes', async () => {
    const fresh = await engine.provider();
    const spec = engine.spec();
    const begun = performance.now();
    await fresh.createWorker(spec);
    expect(Math.abs(fresh.estimatedStartupMs(spec) - (performance.now() - begun))).toBeLessThan(20);
    await fresh.destroyWorker(spec, NOW);
  });

  test('leaves no container where the start fails', async () => {
    const spec = engine.spec({ network: 'hodei-no-such-network' });
    await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'network_not_found' });
    await expect(engine.docker.getContainer(workerName(spec.workerId)).inspect()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('says that the image has no shell, and direct mode then runs in it', async () => {
    const spec = engine.spec({ image: IMAGES.noShell });
    await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'image_without_shell' });
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
    const handle = await provider.createWorker({ ...spec, direct: { argv: ['echo', 'no shell needed'], env: {} } });
    const job = await provider.launch(handle, orderFor(['ignored']));
    expect(await collectText(job.output)).toEqual({ stdout: 'no shell needed\n', stderr: '' });
    expect(await job.waitForExit()).toMatchObject({ exitCode: 0 });
    expect(await collectText(provider.readLogs(handle))).toEqual({ stdout: 'no shell needed\n', stderr: '' });
  });

  test.for([
    { direct: { argv: ['no-such-program'], env: {} }, code: 'command_not_found' },
    { direct: { argv: ['/no/such/program'], env: {} }, code: 'command_not_found' },
    { direct: { argv: ['true'], env: { PATH: '/nowhere' } }, code: 'command_not_found' },
    { direct: { argv: ['/etc/passwd'], env: {} }, code: 'start_failed' },
    { direct: { argv: ['/tmp'], env: {} }, code: 'start_failed' },
    { direct: { argv: ['true'], env: {}, workdir: '/bin/busybox/x' }, code: 'start_failed' },
    { direct: { argv: ['a\0b'], env: {} }, code: 'invalid_input' },
    { direct: { argv: ['true'], env: { BIG: 'x'.repeat(1_000_000) } }, code: 'limit_exceeded' },
  ] as const)(
    'refuses $direct.argv in $direct.workdir with $code, and leaves no container',
    async ({ direct, code }) => {
      await expect(provider.createWorker(engine.spec({ direct }))).rejects.toMatchObject({ code });
      expect(await provider.listWorkers(engine.installationId)).toEqual([]);
    },
  );

  test('takes what is large for an environment, but possible', async () => {
    const value = 'x'.repeat(120_000);
    const handle = await provider.createWorker(
      engine.spec({ direct: { argv: sh('echo ${#BIG}'), env: { BIG: value } } }),
    );
    expect((await collectText((await provider.launch(handle, orderFor(['ignored']))).output)).stdout).toBe('120000\n');
  });

  test('is not possible under the name of a container that is not ours, which is not touched', async () => {
    const spec = engine.spec();
    const foreign = await engine.foreign({ name: workerName(spec.workerId) });
    await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'name_taken', retryable: false });
    expect((await foreign.inspect()).State.Status).toBe('created');
    await foreign.remove();
  });

  test('is not possible under the name of a worker of another installation', async () => {
    const spec = engine.spec();
    const handle = await provider.createWorker(spec);
    const other = { ...spec, installationId: engine.spec().workerId as string as typeof spec.installationId };
    await expect(provider.createWorker(other)).rejects.toMatchObject({ code: 'name_taken' });
    expect((await provider.getWorkerStatus(handle)).state).toBe('ready');
  });

  test('makes a container anew that was made but never started', async () => {
    const spec = engine.spec();
    const proxy = await openDockerProxy();
    onTestFinished(() => proxy.close());
    const dying = await engine.provider({ connection: { kind: 'socket', socketPath: proxy.socketPath } });
    const died = dying.createWorker(spec, {
      onProgress: ({ phase }) => {
        // The process dies between attach and start: nobody cleans up after it.
        if (phase === 'starting-worker') void proxy.shut();
      },
    });
    await expect(died).rejects.toMatchObject({ code: 'provider_unavailable' });
    const [left] = await provider.listWorkers(engine.installationId);
    expect(left?.state).toBe('connecting');
    const handle = await provider.createWorker(spec);
    expect(await provider.listWorkers(engine.installationId)).toMatchObject([
      { resourceId: handle.resourceId, state: 'ready' },
    ]);
    const job = await provider.launch(handle, orderFor(sh('exit 4')));
    expect((await job.waitForExit()).exitCode).toBe(4);
  });

  test('makes a worker anew that ended without an order', async () => {
    const spec = engine.spec();
    const first = await engine.provider().then(async (dying) => {
      const handle = await dying.createWorker(spec);
      await dying[Symbol.asyncDispose]();
      return handle;
    });
    await expect.poll(async () => (await provider.getWorkerStatus(first)).state).toBe('terminated');
    const second = await provider.createWorker(spec);
    expect(second.resourceId).not.toBe(first.resourceId);
    expect((await (await provider.launch(second, orderFor(['true']))).waitForExit()).exitCode).toBe(0);
  });

  test('takes a worker away from a process that only holds it, and so does not launch it', async () => {
    const spec = engine.spec();
    const stale = await engine.provider();
    const first = await stale.createWorker(spec);
    const second = await provider.createWorker(spec);
    await expect(stale.launch(first, orderFor(['true']))).rejects.toMatchObject({ code: 'worker_not_found' });
    expect((await (await provider.launch(second, orderFor(['true']))).waitForExit()).exitCode).toBe(0);
  });

  test('does not make a worker anew that took an order', async () => {
    const spec = engine.spec();
    const first = await engine.provider();
    const job = await first.launch(await first.createWorker(spec), orderFor(sh('exit 6')));
    expect((await job.waitForExit()).exitCode).toBe(6);
    await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'conflict' });
    expect(await provider.listWorkers(engine.installationId)).toHaveLength(1);
  });

  test('adopts a direct worker that has ended, and does not run it twice', async () => {
    const spec = engine.spec({ direct: { argv: sh('echo once'), env: {} } });
    const first = await provider.createWorker(spec);
    await expect.poll(async () => (await provider.getWorkerStatus(first)).state).toBe('terminated');
    const other = await engine.provider();
    const second = await other.createWorker(spec);
    expect(second.resourceId).toBe(first.resourceId);
    expect((await collectText((await other.launch(second, orderFor(['ignored']))).output)).stdout).toBe('once\n');
  });

  test('given up in the middle of the start leaves nothing and says why', async () => {
    const giveUp = new AbortController();
    const reason = new Error('nobody waits any more');
    const spec = engine.spec();
    const creating = provider.createWorker(spec, {
      signal: giveUp.signal,
      onProgress: ({ phase }) => {
        if (phase === 'starting-worker') setImmediate(() => giveUp.abort(reason));
      },
    });
    await expect(creating).rejects.toBe(reason);
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
  });

  test('costs the engine no question before it is made, none until its first byte, and one look at its end', async () => {
    const proxy = await openDockerProxy();
    onTestFinished(() => proxy.close());
    const seen = await engine.provider({ connection: { kind: 'socket', socketPath: proxy.socketPath } });
    const spec = engine.spec();
    await seen.prepareImage(spec);
    await seen.createWorker(spec);
    let told = proxy.requests.length;
    const asked = (): readonly string[] => {
      const since = proxy.requests.slice(told);
      told = proxy.requests.length;
      return since.map((request) => request.replace(/[0-9a-f]{64}/, 'ID').replace(/\/v[\d.]+/, ''));
    };
    const handle = await seen.createWorker(engine.spec());
    expect(asked()).toEqual(['POST /containers/create', 'POST /containers/ID/attach', 'POST /containers/ID/start']);
    const job = await seen.launch(handle, orderFor(sh('echo x')));
    const output = job.output[Symbol.asyncIterator]();
    await output.next();
    expect(asked()).toEqual([]);
    expect(await output.next()).toMatchObject({ done: true });
    expect(await job.waitForExit()).toMatchObject({ exitCode: 0 });
    await seen.destroyWorker(handle, NOW);
    expect(asked()).toEqual(['GET /containers/ID/json', 'DELETE /containers/ID']);
    expect((await provider.listWorkers(engine.installationId)).map(({ workerId }) => workerId)).toEqual([
      spec.workerId,
    ]);
  });
});
