import { arch, cpus } from 'node:os';

import { RESOURCE_NAMES } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { checkHealth } from '../../src/docker/engine/check-health.ts';
import { connectDocker } from '../../src/docker/connection/connect-docker.ts';
import { DEFAULT_DOCKER_CONFIG } from '../../src/docker/config/docker-config.ts';
import { DockerEngine } from '../../src/docker/engine/docker-engine.ts';
import { probeCapabilities } from '../../src/docker/capabilities/probe-capabilities.ts';
import type { DockerCall } from '../../src/docker/engine/docker-call.ts';
import { conditionOf } from '../../src/docker/engine/translate-docker-error.ts';
import { IMAGES, openTestDocker, type TestDocker } from './support/test-docker.ts';

const engine = new DockerEngine(await connectDocker(), 30_000);
const BOUNDS = DEFAULT_DOCKER_CONFIG.health;
let docker: TestDocker;

beforeAll(async () => {
  docker = await openTestDocker();
});
afterAll(() => docker.close());

describe('what the engine offers', () => {
  test('is what it says itself, not a default', async () => {
    const { capabilities, info } = await probeCapabilities(engine, DEFAULT_DOCKER_CONFIG);
    expect(capabilities.architectures).toEqual([{ x64: 'amd64', arm64: 'arm64' }[arch() as string]]);
    expect(capabilities.maxResources.cpu).toBeLessThanOrEqual(cpus().length);
    expect(capabilities.maxResources.memoryBytes).toBeGreaterThan(1e8);
    expect(capabilities.runtimes).toEqual([info.defaultRuntime]);
    expect(capabilities.features).toContain(`cgroup-v${info.cgroupVersion}`);
    expect(RESOURCE_NAMES).toEqual(expect.arrayContaining([...capabilities.enforcedLimits]));
  });

  test('includes a limit of disk exactly where the engine takes one', async () => {
    const { capabilities } = await probeCapabilities(engine, DEFAULT_DOCKER_CONFIG);
    const made = docker.foreign({ HostConfig: { StorageOpt: { size: '1G' } } });
    if (capabilities.enforcedLimits.includes('diskBytes')) await (await made).remove();
    else await expect(made).rejects.toThrow(/storage-opt/);
  });

  test('is refused where the configured runtime is none of its own, by the names of those it has', async () => {
    const config = {
      ...DEFAULT_DOCKER_CONFIG,
      hardening: { ...DEFAULT_DOCKER_CONFIG.hardening, runtime: 'hodei-none' },
    };
    await expect(probeCapabilities(engine, config)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('runc'),
    });
  });
});

describe('the health of the engine', () => {
  test('has its latency', async () => {
    const health = await checkHealth(engine, BOUNDS);
    expect(['healthy', 'degraded']).toContain(health.status);
    expect(health.reasons.length === 0).toBe(health.status === 'healthy');
    expect(health.latencyMs).toBeGreaterThan(0);
  });

  test('is degraded, with every reason, where it is slow, full and loaded', async () => {
    const health = await checkHealth(engine, {
      ...BOUNDS,
      slowAfterMs: 0,
      minFreeDiskBytes: Number.MAX_SAFE_INTEGER,
      maxRunningContainers: 0,
    });
    expect(health.status).toBe('degraded');
    expect(health.reasons).toEqual(
      expect.arrayContaining([expect.stringContaining('to answer'), expect.stringContaining('containers run')]),
    );
  });
});

describe("the engine's own answers", () => {
  const name = `hodei-test-${Date.now()}`;
  const HostConfig = { NetworkMode: 'none' };
  const launcher: Partial<DockerCall> = { firstProcess: 'launcher' };
  const direct: Partial<DockerCall> = { firstProcess: 'job' };

  test.each([
    ['an unknown image', { Image: 'hodei-test-none:1' }, {}, 'image_not_found'],
    ['a malformed image', { Image: 'Hodei//Test' }, {}, 'invalid_input'],
    ['memory under its minimum', { HostConfig: { ...HostConfig, Memory: 1024 } }, {}, 'limit_exceeded'],
    ['more CPUs than it has', { HostConfig: { ...HostConfig, NanoCpus: 10_000e9 } }, {}, 'limit_exceeded'],
    [
      'an unknown network',
      { HostConfig: { NetworkMode: 'hodei-test-none' } },
      { network: 'hodei-test-none' },
      'network_not_found',
    ],
    ['an unknown runtime', { HostConfig: { ...HostConfig, Runtime: 'hodei-none' } }, {}, 'unsupported'],
    [
      'a mount of what is not there',
      { HostConfig: { ...HostConfig, Mounts: [{ Type: 'bind' as const, Source: '/hodei/none', Target: '/x' }] } },
      {},
      'config_invalid',
    ],
    [
      'an image without a shell',
      { Image: IMAGES.noShell, Cmd: ['/bin/sh', '-c', 'true'], HostConfig },
      launcher,
      'image_without_shell',
    ],
    ['a program that is not there', { Cmd: ['hodei-none'], HostConfig }, direct, 'command_not_found'],
    ['a program that is not at its path', { Cmd: ['/hodei/none'], HostConfig }, direct, 'command_not_found'],
    ['a program that is no program', { Cmd: ['/etc/passwd'], HostConfig }, direct, 'start_failed'],
    ['a user that is not there', { User: 'hodei-none', HostConfig }, direct, 'start_failed'],
  ])('to %s are read', async (_, options, call, code) => {
    const run = async (): Promise<void> => {
      const container = await docker.foreign(options);
      try {
        await container.start();
      } finally {
        await container.remove({ force: true });
      }
    };
    await expect(
      engine.call({ doing: 'starting a worker', subject: 'x', otherwise: 'start_failed', ...call }, run),
    ).rejects.toMatchObject({ code });
  });

  test('to a container that is not there are read', async () => {
    const call = { doing: 'looking', subject: 'worker x' };
    for (const act of [
      () => docker.docker.getContainer(name).inspect(),
      () => docker.docker.getContainer(name).start(),
      () => docker.docker.getContainer(name).remove(),
    ]) {
      await expect(engine.call(call, act)).rejects.toMatchObject({ code: 'worker_not_found' });
    }
  });

  test('to what is so already name the situation', async () => {
    const container = await docker.foreign({ name, Cmd: ['sleep', '60'], HostConfig });
    const situationOf = async (act: () => Promise<unknown>): Promise<unknown> =>
      engine.call({ doing: 'acting' }, act).then(
        () => 'done',
        (error: unknown) => conditionOf(error) ?? error,
      );
    try {
      expect(await situationOf(() => docker.foreign({ name }))).toBe('name-in-use');
      expect(await situationOf(() => container.stop())).toBe('not-running');
      expect(await situationOf(() => container.kill())).toBe('not-running');
      await container.start();
      expect(await situationOf(() => container.start())).toBe('already-started');
    } finally {
      await container.remove({ force: true });
    }
  });
});
