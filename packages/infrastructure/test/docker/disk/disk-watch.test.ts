import { describe, expect, test } from 'vitest';

import { checkHealth } from '../../../src/docker/engine/check-health.ts';
import { heldBytes, type DiskSpace } from '../../../src/docker/disk/disk-space.ts';
import { DiskWatch, pressureOf } from '../../../src/docker/disk/disk-watch.ts';
import { DEFAULT_DOCKER_CONFIG } from '../../../src/docker/config/docker-config.ts';
import { parseDockerConfig } from '../../../src/docker/config/parse-docker-config.ts';
import { answerWell, startFakeEngine } from '../support/fake-engine.ts';

const BOUNDS = { low: 0.5, high: 0.8, critical: 0.9, roomyBytes: 1000, collectImages: true };
const used = (part: number, totalBytes = 1000): DiskSpace => ({ totalBytes, freeBytes: totalBytes * (1 - part) });
const watch = (space: DiskSpace | undefined): DiskWatch => new DiskWatch(async () => space, BOUNDS);

describe('the pressure on a disk', () => {
  test.each([
    [used(0.7), 'none'],
    [used(0.85), 'high'],
    [used(0.95), 'critical'],
    [used(0.95, 1_000_000), 'none'],
    [{ totalBytes: 0, freeBytes: 0 }, 'critical'],
    [undefined, 'unknown'],
  ] as const)('of %j is %s', (space, pressure) => {
    expect(pressureOf(space, BOUNDS)).toBe(pressure);
  });

  test('stops pulls from high on, and starts from critical on', async () => {
    await watch(used(0.7)).assertRoomForPull('tool');
    await watch(used(0.85)).assertRoomForStart('worker');
    const pull = { code: 'image_pull_failed', retryable: true };
    const start = { code: 'provider_unavailable', retryable: true };
    await expect(watch(used(0.85)).assertRoomForPull('tool')).rejects.toMatchObject(pull);
    await expect(watch(used(0.95)).assertRoomForPull('tool')).rejects.toMatchObject(pull);
    await expect(watch(used(0.95)).assertRoomForStart('worker')).rejects.toMatchObject(start);
  });

  test('stops nothing where it is not known, or can not be found out', async () => {
    const failing = new DiskWatch(async () => {
      throw new Error('the engine is away');
    }, BOUNDS);
    for (const each of [watch(undefined), failing]) {
      await each.assertRoomForPull('tool');
      await each.assertRoomForStart('worker');
      expect([await each.reasons(), await each.isOverLow()]).toEqual([[], false]);
    }
  });

  test('is a reason why an engine is degraded', async () => {
    await using fake = await startFakeEngine(answerWell);
    const health = await checkHealth(fake.engine, DEFAULT_DOCKER_CONFIG.health, { disk: watch(used(0.95)) });
    expect(health).toMatchObject({ status: 'degraded', reasons: [expect.stringMatching(/no workers started.*95 %/)] });
  });
});

test('what an engine holds is all that it adds up', () => {
  const answer = {
    LayersSize: 100,
    Containers: [{ SizeRw: 10 }, {}],
    Volumes: [{ UsageData: { Size: 5 } }, { UsageData: { Size: -1 } }, {}],
    BuildCache: [
      { Size: 3, Shared: false },
      { Size: 7, Shared: true },
    ],
  };
  expect([heldBytes(answer), heldBytes({ LayersSize: 1, Containers: null }), heldBytes(null)]).toEqual([118, 1, 0]);
});

test('the bounds of a disk are settings, and in order', () => {
  const { disk } = parseDockerConfig({ disk: { high: 0.85, collectImages: true, budgetBytes: 5 } });
  expect(disk).toEqual({ ...DEFAULT_DOCKER_CONFIG.disk, high: 0.85, collectImages: true, budgetBytes: 5 });
  for (const wrong of [{ low: 0.95 }, { high: 0.99 }, { critical: 1.1 }, { critical: 0.5 }, { hihg: 1 }]) {
    expect(() => parseDockerConfig({ disk: wrong })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  }
});
