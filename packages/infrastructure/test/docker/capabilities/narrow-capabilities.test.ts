import type { ProviderCapabilities } from '@hodei/domain';
import { expect, test } from 'vitest';

import { narrowCapabilities } from '../../../src/docker/capabilities/narrow-capabilities.ts';

const PROBED: ProviderCapabilities = {
  maxResources: { cpu: 4, memoryBytes: 8e9 },
  minResources: { cpu: 0.01 },
  enforcedLimits: ['cpu', 'memoryBytes', 'pids'],
  gpuTypes: [],
  architectures: ['amd64'],
  runtimes: ['runc'],
  regions: [],
  persistentStorage: false,
  customNetworking: true,
  launchModes: ['order', 'direct'],
  watch: true,
  retainedLogs: true,
  recovery: true,
  reuse: true,
  sharedNetwork: true,
  features: ['cgroup-v2'],
  labels: {},
};

test('an operator who says nothing claims what was found out', () => {
  expect(narrowCapabilities(PROBED, {})).toEqual(PROBED);
});

test('an operator can claim less of what the engine decides', () => {
  const said = {
    maxResources: { cpu: 2, pids: 100 },
    minResources: { cpu: 0.5 },
    enforcedLimits: ['cpu'],
    launchModes: ['order'],
    recovery: false,
    reuse: false,
    sharedNetwork: false,
    customNetworking: false,
  } as const;
  expect(narrowCapabilities(PROBED, said)).toMatchObject({
    ...said,
    maxResources: { cpu: 2, memoryBytes: 8e9, pids: 100 },
  });
});

test('an operator cannot claim more than the engine does', () => {
  const said = {
    maxResources: { cpu: 64 },
    minResources: { cpu: 0 },
    enforcedLimits: ['cpu', 'gpu'],
    architectures: ['amd64', 'arm64'],
    persistentStorage: true,
  } as const;
  expect(narrowCapabilities(PROBED, said)).toMatchObject({
    maxResources: { cpu: 4 },
    minResources: { cpu: 0.01 },
    enforcedLimits: ['cpu'],
    architectures: ['amd64'],
    persistentStorage: false,
  });
});

test("what only the operator knows is the operator's to say", () => {
  const said = {
    regions: ['here'],
    labels: { rack: '7' },
    features: ['fast-disk'],
    gpuTypes: ['a100'],
    maxExecutionMs: 1000,
  } as const;
  expect(narrowCapabilities(PROBED, said)).toMatchObject(said);
});
