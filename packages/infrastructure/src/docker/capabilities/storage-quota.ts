import { readFile } from 'node:fs/promises';

import type { DockerInfo } from '../engine/docker-info.ts';

/** Storage drivers that limit the size of a container wherever they work at all. */
const ALWAYS: readonly string[] = ['btrfs', 'zfs', 'devicemapper'];

/**
 * Whether `--storage-opt size` works. On overlay2 it does on xfs with project quotas only, and the engine does
 * not say whether those are on: that is read from the mounts of this machine, where the engine is on it. In
 * doubt the limit is not claimed.
 */
export async function hasStorageQuota(info: DockerInfo, local: boolean): Promise<boolean> {
  if (ALWAYS.includes(info.storageDriver)) return true;
  if (!local || info.storageDriver !== 'overlay2' || info.backingFilesystem !== 'xfs') return false;
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return hasProjectQuota(mounts, info.dataRoot);
}

/** Whether the mount that holds a folder is xfs with project quotas; `mounts` as in proc(5). */
export function hasProjectQuota(mounts: string, folder: string): boolean {
  const holding = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '']) => point === '/' || folder === point || folder.startsWith(`${point}/`))
    .toSorted(([, a = ''], [, b = '']) => b.length - a.length)[0];
  const [, , type, options = ''] = holding ?? [];
  return type === 'xfs' && options.split(',').some((option) => option === 'prjquota' || option === 'pquota');
}
