import { randomUUID } from 'node:crypto';

import { parseProviderId, type ImageUse } from '@hodei/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { connectDocker } from '../../src/docker/connection/connect-docker.ts';
import {
  DEFAULT_DOCKER_CONFIG,
  DockerProviderBuilder,
  type DiskSpace,
  type DockerProvider,
} from '../../src/docker/index.ts';
import { startFakeRegistry, type FakeRegistry } from './support/fake-registry.ts';
import { IMAGES, openTestDocker, type TestDocker } from './support/test-docker.ts';

const { docker } = await connectDocker();
const NOTHING: ImageUse = { needed: new Set(), lastUsed: new Map() };
const disk = { low: 0.5, high: 0.8, critical: 0.9, roomyBytes: Number.MAX_SAFE_INTEGER, collectImages: true };

let registry: FakeRegistry;
let provider: DockerProvider;
let bench: TestDocker;
/** What the disk is said to be like, one answer after the other; the last one stays. */
let spaces: (DiskSpace | undefined)[];
const repositories: string[] = [];
const used = (part: number): DiskSpace => ({ totalBytes: 1000, freeBytes: 1000 * (1 - part) });

const build = (given: Partial<typeof disk> = {}): Promise<DockerProvider> =>
  new DockerProviderBuilder()
    .withProviderId(parseProviderId(randomUUID()))
    .withConfig({ ...DEFAULT_DOCKER_CONFIG, disk: { ...disk, ...given } })
    .withDiskReader(async () => (spaces.length > 1 ? spaces.shift() : spaces[0]))
    .build();

/** Images of this test alone, that the provider pulled, in this order. */
async function pull(count: number): Promise<string[]> {
  const images: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const repository = `hodei-test/${randomUUID()}`;
    registry.add(repository, { layerBytes: 1000 + index });
    repositories.push(`${registry.host}/${repository}`);
    const image = `${registry.host}/${repository}:1`;
    await provider.prepareImage({ image, pullPolicy: 'if-not-present' });
    images.push(image);
  }
  return images;
}

const present = async (images: readonly string[]): Promise<boolean[]> =>
  await Promise.all(
    images.map(async (image) => (await docker.listImages({ filters: { reference: [image] } })).length > 0),
  );

beforeEach(async () => {
  bench = await openTestDocker();
  registry = await startFakeRegistry();
  spaces = [used(0.1)];
  provider = await build();
});

afterEach(async () => {
  for (const reference of [...repositories.splice(0), `hodei.invalid/pulled/${provider.id}`])
    for (const { Id } of await docker.listImages({ filters: { reference: [reference] } }))
      await docker.getImage(Id).remove({ force: true });
  await registry[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await bench.close();
});

test('images go until there is room, the one used longest ago first, and nothing is left of them', async () => {
  const [a = '', b = '', c = ''] = await pull(3);
  const later = Date.now() + 60_000;
  const use: ImageUse = { needed: new Set(), lastUsed: new Map([[a, later]]) };
  expect(await provider.wantsImageCollection()).toBe(false);
  expect(await provider.collectImages(use)).toEqual({ removed: [] });
  spaces = [used(0.7), used(0.7), used(0.4)];
  expect(await provider.collectImages(use)).toEqual({ removed: [b] });
  expect(await present([a, b, c])).toEqual([true, false, true]);
  spaces = [used(0.7)];
  expect(await provider.wantsImageCollection()).toBe(true);
  expect(await provider.collectImages(use)).toEqual({ removed: [c, a] });
  const marks = await docker.listImages({ filters: { reference: [`hodei.invalid/pulled/${provider.id}`] } });
  expect(marks).toEqual([]);
  // What went can be had again.
  await provider.prepareImage({ image: a, pullPolicy: 'if-not-present' });
  expect(await present([a])).toEqual([true]);
});

test('what a job needs, a container was made from, or somebody has named too, stays', async () => {
  const [needed = '', inUse = '', named = '', free = ''] = await pull(4);
  const container = await bench.foreign({ Image: inUse, Cmd: ['/x'] });
  await docker.getImage(named).tag({ repo: `${named.replace(/:1$/, '')}-own`, tag: 'mine' });
  repositories.push(`${named.replace(/:1$/, '')}-own`);
  spaces = [used(0.7)];
  const use: ImageUse = { needed: new Set([needed]), lastUsed: new Map() };
  expect(await provider.collectImages(use)).toEqual({ removed: [free] });
  expect(await present([needed, inUse, named, free])).toEqual([true, true, true, false]);
  await container.remove({ force: true });
  const { Id } = await docker.getImage(needed).inspect();
  const byId: ImageUse = { needed: new Set([Id.slice('sha256:'.length, 20)]), lastUsed: new Map() };
  expect(await provider.collectImages(byId)).toEqual({ removed: [inUse] });
});

test('what another provider pulled, or was there before, is never touched', async () => {
  const [image = ''] = await pull(1);
  const other = await build();
  await other.prepareImage({ image, pullPolicy: 'always' });
  await other.prepareImage({ image: IMAGES.busybox, pullPolicy: 'if-not-present' });
  spaces = [used(0.7)];
  expect(await other.collectImages(NOTHING)).toEqual({ removed: [] });
  expect(await present([image, IMAGES.busybox])).toEqual([true, true]);
  const off = await build({ collectImages: false });
  expect([await off.wantsImageCollection(), await off.collectImages(NOTHING)]).toEqual([false, { removed: [] }]);
  await other[Symbol.asyncDispose]();
  await off[Symbol.asyncDispose]();
});

test('a full disk stops pulls and then starts, and nothing is left of them', async () => {
  const image = `${registry.host}/hodei-test/none:1`;
  spaces = [used(0.85)];
  await expect(provider.prepareImage({ image, pullPolicy: 'always' })).rejects.toMatchObject({
    code: 'image_pull_failed',
    retryable: true,
  });
  await provider.prepareImage({ image: IMAGES.busybox, pullPolicy: 'if-not-present' });
  expect((await provider.checkHealth()).status).toBe('degraded');
  const spec = bench.spec();
  spaces = [used(0.95)];
  await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'provider_unavailable' });
  expect(await provider.listWorkers(spec.installationId)).toEqual([]);
  spaces = [undefined];
  const handle = await provider.createWorker(spec);
  await provider.destroyWorker(handle, { gracePeriodMs: 0 });
});
