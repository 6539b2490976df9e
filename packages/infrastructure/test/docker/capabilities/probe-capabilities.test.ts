import { describe, expect, test } from 'vitest';

import { missingLimits } from '../../../src/docker/engine/check-health.ts';
import { DEFAULT_DOCKER_CONFIG } from '../../../src/docker/config/docker-config.ts';
import { toDockerInfo } from '../../../src/docker/engine/docker-info.ts';
import { capabilitiesOf } from '../../../src/docker/capabilities/probe-capabilities.ts';
import { hasProjectQuota } from '../../../src/docker/capabilities/storage-quota.ts';

const ANSWER = {
  OSType: 'linux',
  Architecture: 'aarch64',
  NCPU: 4,
  MemTotal: 8e9,
  CgroupVersion: '2',
  Runtimes: { runc: {}, runsc: {}, nvidia: {}, 'io.containerd.runc.v2': {} },
  DefaultRuntime: 'runc',
  MemoryLimit: true,
  SwapLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  CpuCfsPeriod: true,
  Driver: 'overlay2',
  DriverStatus: [['Backing Filesystem', 'xfs']],
  SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
  Warnings: null,
  ContainersRunning: 3,
};
const HARDENING = DEFAULT_DOCKER_CONFIG.hardening;

describe('what an engine is said to do', () => {
  test('is what it says of itself', () => {
    expect(capabilitiesOf(toDockerInfo(ANSWER), DEFAULT_DOCKER_CONFIG, false)).toMatchObject({
      architectures: ['arm64'],
      maxResources: { cpu: 4, memoryBytes: 8e9 },
      enforcedLimits: ['cpu', 'memoryBytes', 'pids', 'gpu'],
      features: ['cgroup-v2', 'swap-limit', 'seccomp', 'rootless'],
      customNetworking: true,
      persistentStorage: false,
    });
  });

  test('has its name, unless it has another one each time it is asked', () => {
    expect(toDockerInfo({ ...ANSWER, ID: 'a name' })).toMatchObject({ id: 'a name' });
    expect(toDockerInfo({ ...ANSWER, ID: 'a name', BuildahVersion: '1.41' })).toMatchObject({ id: '' });
  });

  test('leaves out each limit that the engine can not enforce', () => {
    const weak = { ...ANSWER, MemoryLimit: false, PidsLimit: false, CpuCfsPeriod: false, Runtimes: { runc: {} } };
    expect(capabilitiesOf(toDockerInfo(weak), DEFAULT_DOCKER_CONFIG, true).enforcedLimits).toEqual(['diskBytes']);
  });

  test('has the one runtime that workers really get', () => {
    const info = toDockerInfo(ANSWER);
    expect(capabilitiesOf(info, DEFAULT_DOCKER_CONFIG, false).runtimes).toEqual(['runc']);
    expect(
      capabilitiesOf(info, { ...DEFAULT_DOCKER_CONFIG, hardening: { ...HARDENING, runtime: 'runsc' } }, false).runtimes,
    ).toEqual(['runsc']);
  });

  test('is an error for a runtime that the engine does not have', () => {
    const config = { ...DEFAULT_DOCKER_CONFIG, hardening: { ...HARDENING, runtime: 'kata' } };
    const refusal = expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching(/"kata".*runc, runsc, nvidia$/),
    });
    expect(() => capabilitiesOf(toDockerInfo(ANSWER), config, false)).toThrow(refusal);
  });

  test('is an error for an engine of Windows containers', () => {
    expect(() => capabilitiesOf(toDockerInfo({ ...ANSWER, OSType: 'windows' }), DEFAULT_DOCKER_CONFIG, false)).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });

  test('is no network where the configuration allows none', () => {
    expect(
      capabilitiesOf(toDockerInfo(ANSWER), { ...DEFAULT_DOCKER_CONFIG, allowedNetworks: ['none'] }, false)
        .customNetworking,
    ).toBe(false);
  });
});

describe('an engine is degraded', () => {
  test('by no limit that it has', () => {
    expect([...missingLimits(toDockerInfo(ANSWER))]).toEqual([]);
  });

  test.each([
    [{ MemoryLimit: false }, 'no memory limit'],
    [{ SwapLimit: false }, 'does not limit swap'],
    [{ PidsLimit: false }, 'no limit on processes'],
    [{ CpuCfsQuota: false }, 'no CPU limit'],
    [{ Driver: 'vfs' }, 'vfs'],
  ])('by %j', (part, words) => {
    expect([...missingLimits(toDockerInfo({ ...ANSWER, ...part }))]).toEqual([expect.stringContaining(words)]);
  });
});

describe('project quotas', () => {
  const mounts = [
    '/dev/a / ext4 rw 0 0',
    '/dev/b /var xfs rw,prjquota 0 0',
    '/dev/c /var/lib/docker xfs rw,noquota 0 0',
    '/dev/d /data xfs rw,pquota 0 0',
  ].join('\n');
  test.each([
    ['/var/lib/other', true],
    ['/var/lib/docker', false],
    ['/data/docker', true],
    ['/database', false],
    ['/', false],
  ])('under %s are on: %s', (folder, on) => {
    expect(hasProjectQuota(mounts, folder)).toBe(on);
  });
});
