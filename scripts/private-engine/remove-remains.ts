import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { childrenOf, processesNaming, signal, within } from './processes.ts';

const CGROUPS = '/sys/fs/cgroup';
const DEADLINE_MS = 20_000;

/**
 * Takes away all that is left of a private engine: containers that outlived it, its processes, mounts, control
 * groups, and its folder. Only what has this folder's name is touched.
 */
export const removeRemains = async (folder: string, cgroup: string): Promise<void> => {
  const gone = await within(DEADLINE_MS, async () => {
    const pids = await processesNaming(folder);
    for (const pid of pids) {
      // A container is the child of a shim, and does not bear the folder's name itself.
      if (await isShim(pid)) for (const child of await childrenOf(pid)) signal(child, 'SIGKILL');
      signal(pid, 'SIGKILL');
    }
    return pids.length === 0;
  });
  if (!gone) throw new Error(`processes of the private engine in ${folder} do not end`);
  await unmountBelow(folder);
  await removeCgroups(cgroup);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
};

const isShim = async (pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('containerd-shim');

/** Unmounts everything at and below a folder, the innermost first. */
const unmountBelow = async (folder: string): Promise<void> => {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '').filter((point) => isBelow(point, folder));
  for (const point of points.toReversed()) spawnSync('umount', ['--lazy', point]);
};

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** In version 1 each controller has a tree of its own; in version 2 there is one. */
const removeCgroups = async (cgroup: string): Promise<void> => {
  const controllers = await readdir(CGROUPS).catch(() => []);
  for (const root of [CGROUPS, ...controllers.map((name) => join(CGROUPS, name))]) {
    await removeTree(join(root, cgroup));
  }
};

/** Control groups are removed one by one: their files can't be. */
const removeTree = async (path: string): Promise<void> => {
  if (!existsSync(path)) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(path, entry.name));
  }
  const removed = await within(DEADLINE_MS, async () => {
    await rmdir(path).catch(() => undefined);
    return !existsSync(path);
  });
  if (!removed) throw new Error(`the control group ${path} can't be removed`);
};
