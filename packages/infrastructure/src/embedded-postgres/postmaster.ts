import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { PORT, type DataFolder } from './data-folder.ts';
import { errnoOf, unless } from './errno.ts';
import { waitUntil, type Patience } from './wait-until.ts';

/** What `postmaster.pid` says; its lines are in `src/include/utils/pidfile.h` of Postgres. */
interface PidFile {
  readonly pid: number;
  readonly sockets: string;
  readonly status: string;
}

async function readPidFile({ cluster }: DataFolder): Promise<PidFile | undefined> {
  const content = await unless(['ENOENT', 'ENOTDIR'], () => readFile(join(cluster, 'postmaster.pid'), 'utf8'));
  if (content === undefined) return undefined;
  const [pid = '', , , , sockets = '', , , status = ''] = content.split('\n');
  return { pid: Number.parseInt(pid, 10), sockets, status: status.trim() };
}

/** Where the server's socket is, once it takes connections; undefined before. */
export async function readyAt(folder: DataFolder): Promise<string | undefined> {
  const before = await readPidFile(folder);
  if (before?.status !== 'ready' || !(await answers(before.sockets))) return undefined;
  // The file outlives a crash. Its successor writes it anew before it listens, so after the answer it is true.
  const after = await readPidFile(folder);
  return after?.status === 'ready' ? after.sockets : undefined;
}

function answers(sockets: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(sockets, `.s.PGSQL.${PORT}`));
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * Before a start: what an earlier server left is put out of the way. One that lost its keeper is stopped, since nobody
 * else would do so. A `postmaster.pid` whose number now belongs to another program or a zombie is removed: Postgres would
 * take that for a server and refuse to start. (Orphans of a killed server it still finds, by their shared memory.)
 */
export async function clearRemains(folder: DataFolder, patience: Patience): Promise<void> {
  const left = await readPidFile(folder);
  if (left === undefined || !isAlive(left.pid)) return;
  if (!(await isServerOf(folder, left.pid))) {
    await rm(join(folder.cluster, 'postmaster.pid'), { force: true });
    return;
  }
  await unless(['ESRCH'], () => process.kill(left.pid, 'SIGINT'));
  await waitUntil(async () => (isAlive(left.pid) && (await isServerOf(folder, left.pid)) ? undefined : true), patience);
}

/** True also for a process that we may not signal. */
export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

async function isServerOf({ cluster }: DataFolder, pid: number): Promise<boolean> {
  const command =
    process.platform === 'linux'
      ? await unless(['ENOENT', 'ESRCH'], () => readFile(`/proc/${pid}/cmdline`, 'utf8'))
      : (await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined))?.stdout;
  return command !== undefined && command.includes(cluster) && command.includes('postgres');
}
