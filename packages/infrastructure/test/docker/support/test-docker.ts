import { randomBytes, randomUUID } from 'node:crypto';

import {
  LABELS,
  parseInstallationId,
  parseProviderId,
  parseWorkerId,
  type InstallationId,
  type LaunchOrder,
  type ProviderId,
  type WorkerProvider,
  type WorkerSpec,
} from '@hodei/domain';
import type Docker from 'dockerode';
import { expect } from 'vitest';

import { connectDocker } from '../../../src/docker/connection/connect-docker.ts';
import {
  DEFAULT_DOCKER_CONFIG,
  DockerProviderBuilder,
  type DockerConfig,
  type DockerProvider,
} from '../../../src/docker/index.ts';

/** Images that the test run brings; see scripts/images. */
export const IMAGES = {
  busybox: 'busybox:latest',
  noShell: 'hodei-test-noshell:1',
  entrypoint: 'hodei-test-entrypoint:1',
} as const;

/** The label on everything a test makes beside workers. */
const TEST_LABEL = 'hodei-test.installation';

/** One test file's share of the engine: everything in it has its installation's label, and nothing may be left. */
export interface TestDocker {
  readonly docker: Docker;
  readonly installationId: InstallationId;
  readonly providerId: ProviderId;
  provider(config?: Partial<DockerConfig>): Promise<DockerProvider>;
  spec(parts?: Partial<WorkerSpec>): WorkerSpec;
  /** Makes a container of nobody, in the way of a worker. */
  foreign(options: Docker.ContainerCreateOptions): Promise<Docker.Container>;
  /** Fails where anything is left, after it was taken away. */
  close(): Promise<void>;
}

export async function openTestDocker(): Promise<TestDocker> {
  const { docker } = await connectDocker();
  const installationId = parseInstallationId(randomUUID());
  const providerId = parseProviderId(randomUUID());
  const providers: WorkerProvider[] = [];
  return {
    docker,
    installationId,
    providerId,
    provider: async (config = {}) => {
      const provider = await new DockerProviderBuilder()
        .withProviderId(providerId)
        .withConfig({ ...DEFAULT_DOCKER_CONFIG, ...config })
        .build();
      providers.push(provider);
      return provider;
    },
    spec: (parts = {}) => ({
      workerId: parseWorkerId(randomUUID()),
      installationId,
      image: IMAGES.busybox,
      pullPolicy: 'never',
      resources: {},
      network: 'none',
      labels: {},
      expiresAt: Date.now() + 3_600_000,
      ...parts,
    }),
    foreign: async (options) =>
      await docker.createContainer({
        Image: IMAGES.busybox,
        Cmd: ['true'],
        ...options,
        Labels: { ...options.Labels, [TEST_LABEL]: installationId },
      }),
    close: async () => {
      for (const provider of providers) await provider[Symbol.asyncDispose]();
      const labels = [`${LABELS.installation}=${installationId}`, `${TEST_LABEL}=${installationId}`];
      const left = (
        await Promise.all(labels.map((label) => docker.listContainers({ all: true, filters: { label: [label] } })))
      ).flat();
      for (const { Id } of left) await docker.getContainer(Id).remove({ force: true, v: true });
      expect(
        left.map(({ Names, State }) => `${Names.join()} (${State})`),
        'containers that the tests left',
      ).toEqual([]);
    },
  };
}

/** An order for this command. */
export const orderFor = (argv: readonly string[], parts: Partial<LaunchOrder> = {}): LaunchOrder => ({
  nonce: randomBytes(16).toString('hex'),
  argv,
  env: {},
  secrets: {},
  ...parts,
});

/** A shell script as a command. */
export const sh = (script: string, ...args: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  script,
  'sh',
  ...args,
];
