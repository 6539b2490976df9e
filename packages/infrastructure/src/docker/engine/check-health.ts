import { statfs } from 'node:fs/promises';

import { isHodeiError, toHodeiError, type CallOptions, type EpochMs, type ProviderHealth } from '@hodei/domain';

import type { DiskWatch } from '../disk/disk-watch.ts';
import type { DockerHealthBounds } from '../config/docker-config.ts';
import type { DockerEngine } from './docker-engine.ts';
import { readDockerInfo, type DockerInfo } from './docker-info.ts';
import { getJson } from './engine-request.ts';

/**
 * Looks at an engine: `healthy`; `degraded` with reasons; `unhealthy` where it answers with an error; and
 * `unknown` where it does not answer, which says nothing about its workers.
 *
 * @throws nothing but the reason of the caller's signal.
 */
export async function checkHealth(
  engine: DockerEngine,
  bounds: DockerHealthBounds,
  options: CallOptions & { readonly disk?: Pick<DiskWatch, 'reasons'> } = {},
  now: () => EpochMs = Date.now,
): Promise<ProviderHealth> {
  const { signal } = options;
  const call = { signal, timeoutMs: bounds.timeoutMs };
  const started = performance.now();
  try {
    await engine.call(
      { doing: 'checking its health' },
      (docker, abortSignal) => getJson(docker, { path: '/_ping', query: {}, abortSignal }),
      call,
    );
    const latencyMs = performance.now() - started;
    const info = await readDockerInfo(engine, call);
    const reasons = [
      ...slowness(latencyMs, bounds),
      ...missingLimits(info),
      ...load(info, bounds),
      ...(await fullDisk(engine, info, bounds)),
      ...((await options.disk?.reasons(signal)) ?? []),
    ];
    const status = reasons.length === 0 ? 'healthy' : 'degraded';
    const answered = `Docker Engine ${info.serverVersion} at ${engine.description}`;
    return { status, reasons, checkedAt: now(), latencyMs, engine: answered };
  } catch (error) {
    signal?.throwIfAborted();
    const silent = isHodeiError(error, 'provider_unavailable', 'provider_timeout');
    return { status: silent ? 'unknown' : 'unhealthy', reasons: [toHodeiError(error).message], checkedAt: now() };
  }
}

function* slowness(latencyMs: number, { slowAfterMs }: DockerHealthBounds): Generator<string> {
  if (latencyMs > slowAfterMs)
    yield `the engine took ${Math.round(latencyMs)} ms to answer; more than ${slowAfterMs} is slow`;
}

/** What the engine can't enforce. Its `Warnings` say the same in words, among others that don't matter here. */
export function* missingLimits(info: DockerInfo): Generator<string> {
  if (!info.memoryLimit) yield 'the engine enforces no memory limit';
  else if (!info.swapLimit) yield 'the engine does not limit swap: a worker may use as much swap as its memory on top';
  if (!info.pidsLimit) yield 'the engine enforces no limit on processes';
  if (!info.cpuQuota) yield 'the engine enforces no CPU limit';
  if (info.storageDriver === 'vfs') yield 'the storage driver vfs copies the whole image for each worker; use overlay2';
}

function* load(info: DockerInfo, { maxRunningContainers }: DockerHealthBounds): Generator<string> {
  if (info.runningContainers < maxRunningContainers) return;
  yield `${info.runningContainers} containers run on the engine; ${maxRunningContainers} are its bound`;
}

async function fullDisk(
  { local }: DockerEngine,
  { dataRoot }: DockerInfo,
  { minFreeDiskBytes }: DockerHealthBounds,
): Promise<readonly string[]> {
  if (!local || dataRoot === '') return [];
  // An engine in a virtual machine, or beside this container, has its files elsewhere: then nothing is known.
  const disk = await statfs(dataRoot).catch(() => undefined);
  const free = disk === undefined ? Infinity : disk.bavail * disk.bsize;
  return free >= minFreeDiskBytes
    ? []
    : [
        `only ${Math.floor(free / 1e6)} MB are free under ${dataRoot}; less than ${Math.ceil(minFreeDiskBytes / 1e6)} is low`,
      ];
}
