import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProvisionProgress } from '@hodei/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { connectDocker } from '../../src/docker/connection/connect-docker.ts';
import { DEFAULT_DOCKER_CONFIG, type DockerConfig } from '../../src/docker/config/docker-config.ts';
import { DockerEngine } from '../../src/docker/engine/docker-engine.ts';
import { DockerImages } from '../../src/docker/images/docker-images.ts';
import { startFakeRegistry, type FakeRegistry, type FakeRepository } from './support/fake-registry.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const engine = new DockerEngine(await connectDocker(), 30_000);
const NO_HOME = { env: {}, home: '/nonexistent' };
let registry: FakeRegistry;
const repositories: string[] = [];

/** A repository of this test alone, and its one image. */
function add(behaviour: FakeRepository = {}): { readonly repository: string; readonly image: string } {
  const repository = `hodei-test/${randomUUID()}`;
  registry.add(repository, behaviour);
  repositories.push(`${registry.host}/${repository}`);
  return { repository, image: `${registry.host}/${repository}:1` };
}

const imagesWith = (config: Partial<Pick<DockerConfig, 'registryAuth' | 'pull'>> = {}): DockerImages =>
  new DockerImages(engine, { ...DEFAULT_DOCKER_CONFIG, ...config }, NO_HOME);

const isPresent = async (image: string): Promise<boolean> =>
  (await engine.docker.listImages({ filters: { reference: [image] } })).length > 0;

beforeEach(async () => {
  registry = await startFakeRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  for (const reference of repositories.splice(0)) {
    for (const { Id } of await engine.docker.listImages({ filters: { reference: [reference] } }))
      await engine.docker.getImage(Id).remove({ force: true });
    expect(await isPresent(reference)).toBe(false);
  }
});

describe('an image that may be pulled', () => {
  test('is pulled, with its progress in megabytes, and says what it is', async () => {
    const { image } = add({ layerBytes: 3_000_000 });
    const progress: ProvisionProgress[] = [];
    const facts = await imagesWith().prepare(
      { image, pullPolicy: 'if-not-present' },
      { onProgress: (each) => progress.push(each) },
    );
    expect(facts).toEqual({
      id: expect.stringMatching(/^sha256:/),
      entrypoint: ['/entry', 'point'],
      cmd: ['/hodei-test'],
      env: ['A=b'],
      user: '7',
      workdir: '/work',
      architecture: 'amd64',
    });
    expect(progress.every(({ phase }) => phase === 'pulling-image')).toBe(true);
    expect(progress.at(-1)?.detail).toBe('3.0 of 3.0 MB');
  });

  test('is not pulled again where it is present, unless its newest is asked for', async () => {
    const { image, repository } = add();
    const images = imagesWith();
    const first = await images.prepare({ image, pullPolicy: 'if-not-present' });
    await images.prepare({ image, pullPolicy: 'if-not-present' });
    await images.prepare({ image, pullPolicy: 'never' });
    expect(await images.facts(image)).toBe(await images.facts(image));
    expect(registry.layerRequests(repository)).toBe(1);
    registry.add(repository);
    const newest = await images.prepare({ image, pullPolicy: 'always' });
    expect(newest.id).not.toBe(first.id);
    expect(registry.layerRequests(repository)).toBe(1);
    expect(await images.facts(image)).toEqual(newest);
  });

  test('is pulled once for callers at the same time, all of whom see its progress', async () => {
    const release = Promise.withResolvers<void>();
    const { image, repository } = add({ hold: release.promise });
    const images = imagesWith();
    const heard = [0, 0, 0];
    const all = heard.map((_, index) =>
      images.prepare(
        { image, pullPolicy: 'if-not-present' },
        { onProgress: () => void (heard[index] = (heard[index] ?? 0) + 1) },
      ),
    );
    await registry.layerRequested(repository);
    release.resolve();
    const facts = await Promise.all(all);
    expect(new Set(facts.map(({ id }) => id)).size).toBe(1);
    expect(registry.layerRequests(repository)).toBe(1);
    expect(Math.min(...heard)).toBeGreaterThan(1);
  });

  test('is pulled on where one of two callers leaves', async () => {
    const release = Promise.withResolvers<void>();
    const { image, repository } = add({ hold: release.promise });
    const images = imagesWith();
    const leaving = new AbortController();
    const left = images.prepare({ image, pullPolicy: 'if-not-present' }, { signal: leaving.signal });
    const stayed = images.prepare({ image, pullPolicy: 'if-not-present' });
    await registry.layerRequested(repository);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    release.resolve();
    await expect(stayed).resolves.toMatchObject({ architecture: 'amd64' });
  });

  test('is no longer pulled by the engine when the last caller has left', async () => {
    const { image, repository } = add({ layerBytes: 64_000_000, drip: true });
    const leaving = new AbortController();
    const left = imagesWith().prepare({ image, pullPolicy: 'always' }, { signal: leaving.signal });
    await registry.layerRequested(repository);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect(await registry.layerClosed(repository)).toBe('broken off');
    expect(await isPresent(image)).toBe(false);
  });

  test('is pulled with the configured credentials, or with those of docker login', async () => {
    const { image } = add({ credentials: 'me:geheim' });
    await imagesWith({ registryAuth: { [registry.host]: { username: 'me', password: 'geheim' } } }).prepare({
      image,
      pullPolicy: 'always',
    });
    await using home = await temporaryFolder();
    await mkdir(join(home.path, '.docker'));
    const auths = { [registry.host]: { auth: Buffer.from('me:geheim').toString('base64') } };
    await writeFile(join(home.path, '.docker', 'config.json'), JSON.stringify({ auths }));
    const images = new DockerImages(engine, DEFAULT_DOCKER_CONFIG, { env: {}, home: home.path });
    await expect(images.prepare({ image, pullPolicy: 'always' })).resolves.toMatchObject({ user: '7' });
  });
});

describe('an image that can not be pulled', () => {
  test('because nobody has it is not found', async () => {
    const { image } = add();
    const wrongTag = image.replace(/:1$/, ':2');
    await expect(imagesWith().prepare({ image: wrongTag, pullPolicy: 'if-not-present' })).rejects.toMatchObject({
      code: 'image_not_found',
      message: expect.stringContaining(wrongTag),
    });
    const wrongName = `${registry.host}/hodei-test/nobody:1`;
    await expect(imagesWith().prepare({ image: wrongName, pullPolicy: 'always' })).rejects.toMatchObject({
      code: 'image_not_found',
      message: expect.stringContaining(wrongName),
    });
  });

  test('because the policy forbids it is not found, and the registry is not asked', async () => {
    const { image, repository } = add();
    await expect(imagesWith().prepare({ image, pullPolicy: 'never' })).rejects.toMatchObject({
      code: 'image_not_found',
      message: expect.stringContaining('"never"'),
    });
    expect(registry.layerRequests(repository)).toBe(0);
  });

  test('without credentials is denied, and the message says what to do', async () => {
    const { image } = add({ credentials: 'me:geheim' });
    await expect(imagesWith().prepare({ image, pullPolicy: 'always' })).rejects.toMatchObject({
      code: 'image_pull_denied',
      message: expect.stringMatching(/without credentials; set registryAuth.*docker login/),
    });
  });

  test('with wrong credentials is denied, and no message shows them', async () => {
    const { image } = add({ credentials: 'me:geheim' });
    const images = imagesWith({ registryAuth: { [registry.host]: { username: 'me', password: 'falsch' } } });
    const error = await images.prepare({ image, pullPolicy: 'always' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'image_pull_denied' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('falsch');
  });

  test('by order of the registry is denied', async () => {
    const { image } = add({ refuse: { status: 403, code: 'DENIED' } });
    await expect(imagesWith().prepare({ image, pullPolicy: 'always' })).rejects.toMatchObject({
      code: 'image_pull_denied',
    });
  });

  test('because too many were is a failure that may pass', async () => {
    const { image } = add({ refuse: { status: 429, code: 'TOOMANYREQUESTS' } });
    await expect(imagesWith().prepare({ image, pullPolicy: 'always' })).rejects.toMatchObject({
      code: 'image_pull_failed',
      retryable: true,
    });
  });

  test('because it gets stuck is given up, and the next pull begins anew', async () => {
    const { image, repository } = add({ layerBytes: 4_000_000, stallAfter: 1_500_000 });
    const images = imagesWith({ pull: { stallTimeoutMs: 700 } });
    await expect(images.prepare({ image, pullPolicy: 'always' })).rejects.toMatchObject({
      code: 'image_pull_timeout',
      message: expect.stringContaining('no progress for 700 ms'),
    });
    // The engine (20.10) leaves the connection to the registry open, but forgets the transfer.
    registry.add(repository);
    await expect(images.prepare({ image, pullPolicy: 'always' })).resolves.toMatchObject({ architecture: 'amd64' });
  });

  test('because its registry is gone is a failure that names the registry', async () => {
    const { image } = add();
    const { host } = registry;
    await registry[Symbol.asyncDispose]();
    try {
      await expect(imagesWith().prepare({ image, pullPolicy: 'always' })).rejects.toMatchObject({
        code: 'image_pull_failed',
        message: expect.stringContaining(`can't reach ${host}`),
      });
    } finally {
      registry = await startFakeRegistry();
    }
  });

  test('for an architecture that it is not made for is not found', async () => {
    const { image } = add({ architecture: 'arm64' });
    const images = imagesWith();
    await expect(images.prepare({ image, pullPolicy: 'always', architecture: 's390x' })).rejects.toMatchObject({
      code: 'image_not_found',
      message: expect.stringContaining('s390x'),
    });
    await expect(images.prepare({ image, pullPolicy: 'always', architecture: 'arm64' })).resolves.toMatchObject({
      architecture: 'arm64',
    });
    await expect(images.prepare({ image, pullPolicy: 'never', architecture: 'amd64' })).rejects.toMatchObject({
      code: 'image_not_found',
      message: expect.stringContaining('only for arm64'),
    });
  });

  test('because its name is malformed is the fault of the caller', async () => {
    await expect(imagesWith().prepare({ image: 'a/../../containers/b', pullPolicy: 'never' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});
