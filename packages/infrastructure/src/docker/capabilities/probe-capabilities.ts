import { HodeiError, type ProviderCapabilities, type ResourceName } from '@hodei/domain';

import type { DockerConfig } from '../config/docker-config.ts';
import type { DockerEngine, EngineCallOptions } from '../engine/docker-engine.ts';
import { readDockerInfo, type DockerInfo } from '../engine/docker-info.ts';
import { hasStorageQuota } from './storage-quota.ts';

/** What was found out about an engine. */
export interface ProbedEngine {
  readonly info: DockerInfo;
  readonly capabilities: ProviderCapabilities;
}

/** The kernel's names for what Go and OCI call otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i386: '386',
  i686: '386',
  loongarch64: 'loong64',
};

/** moby's `linuxMinMemory` and the least of `--cpus` (daemon/daemon_unix.go). */
const MIN_RESOURCES = { cpu: 0.01, memoryBytes: 6 * 1024 * 1024 } as const;

/**
 * Asks the engine what it really offers.
 *
 * @throws HodeiError `unsupported` for an engine of Windows containers; `config_invalid` where the configured
 * runtime is none of the engine's.
 */
export async function probeCapabilities(
  engine: DockerEngine,
  config: DockerConfig,
  options: EngineCallOptions = {},
): Promise<ProbedEngine> {
  const info = await readDockerInfo(engine, options);
  return { info, capabilities: capabilitiesOf(info, config, await hasStorageQuota(info, engine.local)) };
}

/** What an engine that says this of itself can do under this configuration. See {@link probeCapabilities}. */
export function capabilitiesOf(info: DockerInfo, config: DockerConfig, storageQuota: boolean): ProviderCapabilities {
  if (info.osType !== 'linux') {
    throw new HodeiError(
      'unsupported',
      `this Docker Engine runs "${info.osType}" containers; only linux ones are supported`,
    );
  }
  const gpu = config.gpu && info.runtimes.includes('nvidia');
  const enforced: Readonly<Record<ResourceName, boolean>> = {
    cpu: info.cpuQuota,
    memoryBytes: info.memoryLimit,
    pids: info.pidsLimit,
    diskBytes: storageQuota,
    gpu,
  };
  const limits: readonly ResourceName[] = ['cpu', 'memoryBytes', 'pids', 'diskBytes', 'gpu'];
  const { maxExecutionMs, allowedNetworks, hardening } = config;
  return {
    maxResources: {
      ...(info.cpus > 0 ? { cpu: info.cpus } : {}),
      ...(info.memoryBytes > 0 ? { memoryBytes: info.memoryBytes } : {}),
    },
    totalResources: {
      ...(info.cpus > 0 ? { cpu: info.cpus } : {}),
      ...(info.memoryBytes > 0 ? { memoryBytes: info.memoryBytes } : {}),
    },
    minResources: MIN_RESOURCES,
    enforcedLimits: limits.filter((name) => enforced[name]),
    // The engine knows that there is a GPU, not which.
    gpuTypes: [],
    architectures: [ARCHITECTURES[info.architecture] ?? info.architecture],
    runtimes: [runtimeOf(info, config)],
    regions: config.regions,
    ...(maxExecutionMs === undefined ? {} : { maxExecutionMs }),
    persistentStorage: hardening.mounts.some(({ type, readOnly }) => type !== 'tmpfs' && !readOnly),
    customNetworking: allowedNetworks?.some((network) => network !== 'none') ?? true,
    launchModes: ['order', 'direct'],
    watch: true,
    retainedLogs: true,
    recovery: true,
    reuse: true,
    sharedNetwork: true,
    features: [`cgroup-v${info.cgroupVersion}`, ...(info.swapLimit ? ['swap-limit'] : []), ...info.securityOptions],
    labels: config.labels,
  };
}

/**
 * The one runtime that workers get. That the engine has others besides is not claimed: a job that requires
 * `runsc` must not land in `runc`.
 */
function runtimeOf(info: DockerInfo, { hardening: { runtime } }: DockerConfig): string {
  if (runtime === undefined) return info.defaultRuntime;
  // A shim's full name works without being listed.
  if (info.runtimes.includes(runtime) || runtime.startsWith('io.containerd.')) return runtime;
  const known = info.runtimes.filter((name) => !name.startsWith('io.containerd.')).join(', ');
  throw new HodeiError(
    'config_invalid',
    `hardening.runtime "${runtime}" is none of the Docker Engine's; it has ${known}`,
    {
      details: { field: 'hardening.runtime' },
    },
  );
}
