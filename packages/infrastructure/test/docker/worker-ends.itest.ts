import { readFile } from 'node:fs/promises';

import type { LaunchOrder, RunningJob, WorkerHandle, WorkerSpec } from '@hodei/domain';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { DockerProvider } from '../../src/docker/index.ts';
import { collectText, readUntil } from './support/job-output.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

const MIB = 1024 * 1024;
const WAIT = 'echo ready; while :; do sleep 0.1; done';

describe('how a worker ends', () => {
  let engine: TestDocker;
  let provider: DockerProvider;
  const made: WorkerHandle[] = [];
  beforeAll(async () => {
    engine = await openTestDocker();
    provider = await engine.provider();
  });
  afterEach(async () => {
    for (const handle of made.splice(0)) await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  });
  afterAll(() => engine.close());

  const start = async (
    argv: readonly string[],
    spec: Partial<WorkerSpec> = {},
    order: Partial<LaunchOrder> = {},
  ): Promise<{ handle: WorkerHandle; job: RunningJob }> => {
    const handle = await provider.createWorker(engine.spec(spec));
    made.push(handle);
    return { handle, job: await provider.launch(handle, orderFor(argv, order)) };
  };
  const startReady = async (
    script: string,
  ): Promise<{ handle: WorkerHandle; job: RunningJob; output: AsyncIterator<unknown> }> => {
    const { handle, job } = await start(sh(script));
    const output = job.output[Symbol.asyncIterator]();
    await readUntil(output, 'ready');
    return { handle, job, output };
  };

  test('tells that the main process was killed for memory', async () => {
    const { job } = await start(sh('text=0123456789; while :; do text=$text$text; done'), {
      resources: { memoryBytes: 16 * MIB },
    });
    expect(await job.waitForExit()).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  test('tells of the OOM flag, and the exit code of a job that survived the killing of its child', async () => {
    const { job } = await start(
      sh('sh -c "text=0123456789; while :; do text=\\$text\\$text; done"; echo survived; exit 4'),
      { resources: { memoryBytes: 16 * MIB } },
    );
    expect((await collectText(job.output)).stdout).toBe('survived\n');
    expect(await job.waitForExit()).toMatchObject({ exitCode: 4, oomKilled: true });
  });

  test.for(['SIGKILL', 'SIGTERM'])(
    'has the evidence where somebody else sends %s through the engine',
    async (signal) => {
      const { handle, job } = await startReady(WAIT);
      await engine.docker.getContainer(handle.resourceId).kill({ signal });
      expect(await job.waitForExit()).toMatchObject({ signal, oomKilled: false });
      expect((await provider.getWorkerStatus(handle)).exit).toMatchObject({ signal });
    },
  );

  test('infers no signal where the engine saw none, though the exit code looks like one', async () => {
    const { handle, job } = await startReady(`echo $$; ${WAIT}`);
    const { State } = await engine.docker.getContainer(handle.resourceId).inspect();
    const children = await readFile(`/proc/${State.Pid}/task/${State.Pid}/children`, 'utf8');
    process.kill(Number(children.trim().split(' ')[0]), 'SIGKILL');
    const exit = await job.waitForExit();
    expect(exit.exitCode).toBe(137);
    expect(exit).not.toHaveProperty('signal');
  });

  test('infers no signal from one that the job took and ended otherwise', async () => {
    const { handle, job } = await startReady(`trap 'exit 137' TERM; ${WAIT}`);
    await engine.docker.getContainer(handle.resourceId).kill({ signal: 'SIGTERM' });
    const exit = await job.waitForExit();
    expect(exit.exitCode).toBe(137);
    expect(exit).not.toHaveProperty('signal');
  });

  test('tells what the engine remembers where somebody removed the container by force', async () => {
    const { handle, job, output } = await startReady(WAIT);
    const waiting = job.waitForExit();
    await engine.docker.getContainer(handle.resourceId).remove({ force: true });
    expect(await waiting).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    while ((await output.next()).done !== true);
    await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
  });

  test('was never launched where it was removed before its order', async () => {
    const handle = await provider.createWorker(engine.spec());
    await engine.docker.getContainer(handle.resourceId).remove({ force: true });
    await expect(provider.launch(handle, orderFor(['true']))).rejects.toMatchObject({ code: 'worker_not_found' });
  });

  test('has the time of the engine for its end', async () => {
    const { handle, job } = await start(['true']);
    const { exitedAt } = await job.waitForExit();
    const { State } = await engine.docker.getContainer(handle.resourceId).inspect();
    expect(exitedAt).toBe(Date.parse(State.FinishedAt));
  });

  test('can be waited for long after the fact, and from the start: no wait that was sent too early hangs', async () => {
    const { job } = await start(sh('exit 5'));
    const early = job.waitForExit();
    await collectText(job.output);
    expect((await early).exitCode).toBe(5);
    expect((await job.waitForExit()).exitCode).toBe(5);
  });

  test('is draining while it is frozen, and a frozen worker can be stopped with grace', async () => {
    const { handle, job } = await startReady(`trap 'exit 3' TERM; ${WAIT}`);
    await engine.docker.getContainer(handle.resourceId).pause();
    expect(await provider.getWorkerStatus(handle)).toEqual({ state: 'draining', engineState: 'paused' });
    await provider.stopWorker(handle, { gracePeriodMs: 30_000 });
    expect((await job.waitForExit()).exitCode).toBe(3);
  });

  test('can be killed while it is frozen', async () => {
    const { handle, job } = await startReady(WAIT);
    await engine.docker.getContainer(handle.resourceId).pause();
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    expect(await job.waitForExit()).toMatchObject({ exitCode: 137 });
  });

  test('takes the whole process tree with it', async () => {
    const { handle, job } = await startReady(
      '(trap "" TERM; sleep 3600) & (setsid sleep 3600) & trap "" TERM; echo ready; wait',
    );
    const pids = (await engine.docker.getContainer(handle.resourceId).top({})) as {
      Processes: string[][];
      Titles: string[];
    };
    const column = pids.Titles.indexOf('PID');
    const processes = pids.Processes.map((each) => Number(each[column]));
    expect(processes.length).toBeGreaterThan(2);
    await provider.stopWorker(handle, { gracePeriodMs: 100 });
    await job.waitForExit();
    for (const pid of processes) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('is known by exit code 125 where no order came, and that is not a launch', async () => {
    const handle = await provider.createWorker(engine.spec());
    made.push(handle);
    await provider[Symbol.asyncDispose]();
    await expect.poll(async () => (await provider.getWorkerStatus(handle)).state).toBe('terminated');
    expect((await provider.getWorkerStatus(handle)).exit).toMatchObject({ exitCode: 125 });
    await expect(
      provider.recoverWorker(handle, { nonce: '0'.repeat(32), from: { stdout: 0, stderr: 0 } }),
    ).rejects.toMatchObject({ code: 'never_launched' });
  });
});
