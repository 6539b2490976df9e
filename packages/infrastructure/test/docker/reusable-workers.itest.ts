import { NO_OUTPUT, type WorkerHandle } from '@hodei/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG, type DockerProvider } from '../../src/docker/index.ts';
import { collect } from './support/job-output.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

let docker: TestDocker;
let provider: DockerProvider;
const made: WorkerHandle[] = [];

beforeAll(async () => {
  docker = await openTestDocker();
  provider = await docker.provider();
}, 60_000);

afterAll(async () => {
  for (const handle of made) await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  await docker.close();
}, 60_000);

async function create(): Promise<WorkerHandle> {
  const handle = await provider.createWorker(docker.spec({ reusable: true }));
  made.push(handle);
  return handle;
}

test('a job whose output nobody reads waits, and is read whole later; the next job runs', async () => {
  const handle = await create();
  const bytes = 6_000_000;
  const slow = await provider.launch(handle, orderFor(sh(`yes 0123456 | head -c ${bytes}; echo end >&2`)));
  const other = await provider.launch(await create(), orderFor(['true']));
  expect((await other.waitForExit()).reusable).toBe(true);
  const { stdout, stderr } = await collect(slow.output);
  expect([stdout.length, stderr.toString()]).toEqual([bytes, 'end\n']);
  expect((await slow.waitForExit()).reusable).toBe(true);
  const next = await provider.launch(handle, orderFor(['echo', 'next']));
  expect((await collect(next.output)).stdout.toString()).toBe('next\n');
});

test('a job that was let go of is taken up from the log, and its worker ends behind it', async () => {
  const handle = await create();
  await (await provider.launch(handle, orderFor(sh('echo before')))).waitForExit();
  const order = orderFor(sh('echo one; sleep 0.5; echo two; exit 9'));
  const launched = await provider.launch(handle, order);
  launched.detach();
  const running = await provider.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
  expect((await collect(running.output)).stdout.toString()).toBe('one\ntwo\n');
  for (const job of [running, launched]) {
    const exit = await job.waitForExit();
    expect([exit.exitCode, exit.reusable]).toEqual([9, undefined]);
  }
  const { nonce } = orderFor(['true']);
  await expect(provider.recoverWorker(handle, { nonce, from: NO_OUTPUT })).rejects.toMatchObject({
    code: 'never_launched',
  });
});

test('a job that kills its launcher ends as the worker does', async () => {
  const handle = await create();
  const running = await provider.launch(handle, orderFor(sh('echo begun; kill -9 $PPID; sleep 60')));
  expect((await collect(running.output)).stdout.toString()).toBe('begun\n');
  const exit = await running.waitForExit();
  expect([exit.exitCode, exit.reusable]).toEqual([137, undefined]);
  await expect(provider.launch(handle, orderFor(['true']))).rejects.toMatchObject({ code: 'worker_not_ready' });
});

test('a user without rights on a read-only file system reuses its worker as well', async () => {
  const hardening = { ...DEFAULT_DOCKER_CONFIG.hardening, user: '1000:1000', readOnlyRootfs: true };
  const hardened = await docker.provider({ hardening });
  const handle = await hardened.createWorker(docker.spec({ reusable: true }));
  made.push(handle);
  for (const script of ['(sleep 600 &); sleep 600 & id -u', 'ls /proc | grep -c "^[0-9]" >/dev/null; id -u']) {
    const running = await hardened.launch(handle, orderFor(sh(script)));
    expect((await collect(running.output)).stdout.toString()).toBe('1000\n');
    expect(await running.waitForExit()).toMatchObject({ exitCode: 0, reusable: true });
  }
});
