import { statfs } from 'node:fs/promises';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { getJson } from '../engine/engine-request.ts';
import { listOf, numberOf, objectOf } from '../engine/untyped.ts';

/** The disk where an engine keeps its data. */
export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/**
 * Looks at that disk; nothing where it can't be seen, which says nothing about how full it is. Unless it must be
 * `fresh`, an answer of a while ago is as good, and must come at once: starts wait for it.
 */
export type ReadDisk = (options?: {
  readonly fresh?: boolean;
  readonly signal?: AbortSignal | undefined;
}) => Promise<DiskSpace | undefined>;

/** Adding up what an engine holds takes it seconds: its answer is good for so long. */
const SUM_GOOD_FOR_MS = 30_000;

/**
 * How the disk of an engine is looked at: by the file system of its data root where that is on this machine; else
 * by what it says that it holds, where the settings say how much that may be.
 */
export function diskReaderFor(
  engine: DockerEngine,
  dataRoot: string,
  budgetBytes: number | undefined,
  now: () => number = Date.now,
): ReadDisk {
  if (budgetBytes !== undefined) return readSums(engine, budgetBytes, now);
  if (!engine.local || dataRoot === '') return async () => undefined;
  return async () => {
    // An engine in a virtual machine, or beside this container, has its files elsewhere.
    const disk = await statfs(dataRoot).catch(() => undefined);
    return disk && { totalBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize };
  };
}

function readSums(engine: DockerEngine, totalBytes: number, now: () => number): ReadDisk {
  let last: DiskSpace | undefined;
  let askedAt = -Infinity;
  const ask = async (signal?: AbortSignal): Promise<DiskSpace> => {
    askedAt = now();
    const answer = await engine.call(
      { doing: 'adding up what the engine holds' },
      (docker, abortSignal) => getJson(docker, { path: '/system/df', query: {}, abortSignal }),
      { signal },
    );
    last = { totalBytes, freeBytes: Math.max(0, totalBytes - heldBytes(answer)) };
    return last;
  };
  return async ({ fresh = false, signal } = {}) => {
    if (fresh) return await ask(signal);
    if (now() - askedAt >= SUM_GOOD_FOR_MS) ask().catch(() => (last = undefined));
    return last;
  };
}

/** Images, what containers wrote, volumes and the build cache (API, "Get data usage information"). */
export function heldBytes(answer: unknown): number {
  const all = objectOf(answer);
  const sum = (field: string, size: (entry: Readonly<Record<string, unknown>>) => unknown): number =>
    listOf(all[field]).reduce<number>((total, entry) => total + Math.max(0, numberOf(size(objectOf(entry))) ?? 0), 0);
  return (
    (numberOf(all['LayersSize']) ?? 0) +
    sum('Containers', (container) => container['SizeRw']) +
    sum('Volumes', (volume) => objectOf(volume['UsageData'])['Size']) +
    sum('BuildCache', (cache) => (cache['Shared'] === true ? 0 : cache['Size']))
  );
}
