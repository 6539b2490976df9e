import type { EpochMs } from '@hodei/domain';

import type { DockerEngine, EngineCallOptions } from './docker-engine.ts';
import { getJson } from './engine-request.ts';
import { listOf, numberOf, objectOf, textOf } from './untyped.ts';

/** What an engine says about itself, as far as it matters. A field that it does not send is false, 0 or empty. */
export interface DockerInfo {
  /** What the engine calls itself; empty where it has no name that lasts. */
  readonly id: string;
  readonly osType: string;
  /** As the kernel names it: `x86_64`. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly serverVersion: string;
  /** `1` or `2`. */
  readonly cgroupVersion: string;
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  readonly memoryLimit: boolean;
  readonly swapLimit: boolean;
  readonly pidsLimit: boolean;
  readonly cpuQuota: boolean;
  readonly storageDriver: string;
  /** Like `xfs`; empty where the driver does not say. */
  readonly backingFilesystem: string;
  readonly dataRoot: string;
  /** Like `rootless`, `seccomp`, `apparmor`, `userns`. */
  readonly securityOptions: readonly string[];
  readonly warnings: readonly string[];
  readonly runningContainers: number;
  /** The engine's clock; absent where it does not say. */
  readonly now?: EpochMs;
  /** Whether containers go on while the engine is away. */
  readonly liveRestore: boolean;
}

/** Asks the engine what it is. */
export async function readDockerInfo(engine: DockerEngine, options: EngineCallOptions = {}): Promise<DockerInfo> {
  const call = { doing: 'asking the engine what it is' };
  return toDockerInfo(
    await engine.call(
      call,
      (docker, abortSignal) => getJson(docker, { path: '/info', query: {}, abortSignal }),
      options,
    ),
  );
}

/** Reads the answer of `/info`. */
export function toDockerInfo(answer: unknown): DockerInfo {
  const info = objectOf(answer);
  const now = Date.parse(textOf(info['SystemTime']));
  const driverStatus = listOf(info['DriverStatus']).map((pair) => listOf(pair).map(String));
  return {
    // Podman answers as Docker does, with another id each time.
    id: info['BuildahVersion'] === undefined ? textOf(info['ID']) : '',
    osType: textOf(info['OSType']),
    architecture: textOf(info['Architecture']),
    cpus: numberOf(info['NCPU']) ?? 0,
    memoryBytes: numberOf(info['MemTotal']) ?? 0,
    serverVersion: textOf(info['ServerVersion']),
    cgroupVersion: textOf(info['CgroupVersion']) || '1',
    runtimes: Object.keys(objectOf(info['Runtimes'])),
    defaultRuntime: textOf(info['DefaultRuntime']) || 'runc',
    memoryLimit: info['MemoryLimit'] === true,
    swapLimit: info['SwapLimit'] === true,
    pidsLimit: info['PidsLimit'] === true,
    cpuQuota: info['CpuCfsQuota'] === true && info['CpuCfsPeriod'] === true,
    storageDriver: textOf(info['Driver']),
    backingFilesystem: driverStatus.find(([name]) => name === 'Backing Filesystem')?.[1] ?? '',
    dataRoot: textOf(info['DockerRootDir']),
    securityOptions: listOf(info['SecurityOptions']).map((option) => String(option).replace(/^name=([^,]*).*$/, '$1')),
    warnings: listOf(info['Warnings']).map(String),
    runningContainers: numberOf(info['ContainersRunning']) ?? 0,
    liveRestore: info['LiveRestoreEnabled'] === true,
    ...(Number.isNaN(now) ? {} : { now }),
  };
}
