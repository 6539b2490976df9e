import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { HodeiError } from '@hodei/domain';

import { give, type RunAs } from './run-as.ts';

/** Postgres names its socket after its port, also where it listens on no network. */
export const PORT = 5432;

/** What the address of a Unix socket may take: 107 bytes on Linux, 103 on macOS (`sun_path`, less its NUL). */
const MAX_SOCKET_PATH_BYTES = 103;

/** Where everything of one embedded Postgres is. */
export interface DataFolder {
  readonly root: string;
  /** The data directory of Postgres itself. */
  readonly cluster: string;
  /** What exists only while the server runs: see seat.ts, and the socket where its path is not too long. */
  readonly run: string;
  readonly log: string;
  readonly startLock: string;
}

/** Makes the folder, for its owner only, where there is none. Two paths to one folder give the same answer. */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  await mkdir(resolve(dataDir), { recursive: true, mode: 0o700 });
  const root = await realpath(dataDir);
  return {
    root,
    cluster: join(root, 'cluster'),
    run: join(root, 'run'),
    log: join(root, 'postgres.log'),
    startLock: join(root, 'start.lock'),
  };
}

/** Where the socket is to be: in the folder itself, or in a short one of its own where that path is too long. */
export function socketFolder(folder: DataFolder, temporary: string = tmpdir()): string {
  const name = `hodei-${createHash('sha256').update(folder.root).digest('hex').slice(0, 16)}`;
  const candidates = [folder.run, join(temporary, name), join('/tmp', name)];
  const fits = candidates.find((path) => Buffer.byteLength(join(path, `.s.PGSQL.${PORT}`)) <= MAX_SOCKET_PATH_BYTES);
  return fits ?? join('/tmp', name);
}

/**
 * Makes a folder that only the server's user can enter.
 * @throws HodeiError `config_invalid` where somebody else has put something there: the path can be guessed, and
 * who owns the folder can stand in for our server.
 */
export async function makePrivate(path: string, runAs: RunAs): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) {
    await give(path, runAs);
    return;
  }
  const found = await lstat(path);
  const uid = runAs.uid ?? process.geteuid?.();
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return;
  const message = `${path} must be a directory of user ${uid} with mode 700, for the socket of the embedded Postgres; remove it`;
  throw new HodeiError('config_invalid', message, { details: { path } });
}

/**
 * Removes what a server left that was killed. Its socket's lock file must go: where the pid in it is alive again as
 * another program, or a zombie that nobody reaps (as in a container without init), Postgres would not start.
 */
export async function empty(path: string): Promise<void> {
  for (const name of await readdir(path)) await rm(join(path, name), { force: true });
}
