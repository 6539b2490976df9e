import { LABELS, type WorkerHandle } from '@hodei/domain';
import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import type { DockerProvider } from '../../src/docker/index.ts';
import { collectText } from './support/job-output.ts';
import { IMAGES, openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

let docker: TestDocker;
/** Two providers as two processes have them. */
let provider: DockerProvider;
let other: DockerProvider;
const made: WorkerHandle[] = [];

beforeAll(async () => {
  docker = await openTestDocker();
  provider = await docker.provider({ sharedNetworkIdleMs: 0 });
  other = await docker.provider({ sharedNetworkIdleMs: 0 });
}, 60_000);

afterEach(async () => {
  for (const handle of made.splice(0)) await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  await provider.pruneSharedNetworks(docker.installationId);
}, 60_000);

afterAll(async () => {
  await docker.close();
}, 60_000);

async function create(sharedNetworkKey: string, by: DockerProvider = provider): Promise<WorkerHandle> {
  const handle = await by.createWorker(docker.spec({ sharedNetworkKey, reusable: true }));
  made.push(handle);
  return handle;
}

const holders = async (): Promise<readonly Docker.ContainerInfo[]> => {
  const label = [`${LABELS.installation}=${docker.installationId}`, LABELS.network];
  const all = await docker.docker.listContainers({ all: true, filters: { label } });
  return all.filter(({ Labels }) => Labels[LABELS.worker] === undefined);
};

const stdoutOf = async (handle: WorkerHandle, script: string, by: DockerProvider = provider): Promise<string> =>
  (await collectText((await by.launch(handle, orderFor(sh(script)))).output)).stdout;

test('workers of one key, made at once by several processes, are in one namespace with a loopback alone', async () => {
  const makers = [provider, other, provider, other];
  const workers = await Promise.all(makers.map((by) => create('one', by)));
  const seen = await Promise.all(
    workers.map((handle, index) => stdoutOf(handle, 'readlink /proc/self/ns/net; ls /sys/class/net', makers[index])),
  );
  expect(new Set(seen).size).toBe(1);
  expect(seen[0]?.split('\n').slice(1)).toEqual(['lo', '']);
  expect((await holders()).length).toBe(1);
  const listed = await provider.listWorkers(docker.installationId);
  expect(listed.map(({ workerId }) => workerId).toSorted()).toEqual(workers.map(({ workerId }) => workerId).toSorted());
});

test('workers of different keys, and those without one, are apart', async () => {
  const plain = await provider.createWorker(docker.spec({ reusable: true }));
  made.push(plain);
  const workers = [await create('one'), await create('two'), plain];
  const seen = await Promise.all(workers.map((handle) => stdoutOf(handle, 'readlink /proc/self/ns/net')));
  expect(new Set(seen).size).toBe(3);
});

test('a network is removed when no worker was in it for as long as it may be unused, by any process', async () => {
  const handle = await create('one');
  const patient = await docker.provider({ sharedNetworkIdleMs: 3_600_000 });
  expect(await other.pruneSharedNetworks(docker.installationId)).toBe(0);
  await provider.destroyWorker(handle, { gracePeriodMs: 0 });
  expect(await patient.pruneSharedNetworks(docker.installationId)).toBe(0);
  expect((await holders()).length).toBe(1);
  expect(await other.pruneSharedNetworks(docker.installationId)).toBe(1);
  expect(await holders()).toEqual([]);
});

test.each(['removed', 'killed'])('a holder that was %s is made anew, and those in it go on', async (how) => {
  const first = await create('one');
  for (const { Id } of await holders()) {
    const container = docker.docker.getContainer(Id);
    await (how === 'removed' ? container.remove({ force: true }) : container.kill());
  }
  const second = await create('one');
  expect(await stdoutOf(second, 'echo second')).toBe('second\n');
  expect(await stdoutOf(first, 'echo first')).toBe('first\n');
  expect((await holders()).length).toBe(1);
});

test('an image without a shell leaves no holder behind', async () => {
  const spec = docker.spec({ sharedNetworkKey: 'one', image: IMAGES.noShell });
  await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'image_without_shell' });
  expect(await holders()).toEqual([]);
  const direct = docker.spec({ sharedNetworkKey: 'one', direct: { argv: ['true'], env: {} } });
  await expect(provider.createWorker(direct)).rejects.toMatchObject({ code: 'unsupported' });
});

test('a container that has the name of a holder and is not ours is not touched', async () => {
  await provider.destroyWorker(await create('one'), { gracePeriodMs: 0 });
  const [name = ''] = (await holders())[0]?.Names ?? [];
  expect(await provider.pruneSharedNetworks(docker.installationId)).toBe(1);
  const foreign = await docker.foreign({ name: name.slice(1) });
  try {
    await expect(create('one')).rejects.toMatchObject({ code: 'name_taken' });
    expect((await foreign.inspect()).State.Status).toBe('created');
  } finally {
    await foreign.remove();
  }
});
