import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chown, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * As whom the programs of Postgres run. Postgres refuses to run as root, and initdb refuses to run as a user who has no
 * name in /etc/passwd (as containers often have). Otherwise its user is the owner of the folder, so that everything in
 * there goes on belonging to whom it belongs:
 *
 * 1. An ordinary user's server is just run.
 * 2. For root, and for a user without a name, it runs in a user namespace, in which they have another number. Root
 *    becomes the owner of the folder before that, where this is somebody else.
 * 3. Where root can't make user namespaces (most containers forbid them), it runs as the owner, and a folder of root's
 *    is given to `nobody` first.
 *
 * No user is added to the system in any case.
 */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
  /** A command that runs the rest of its arguments. */
  readonly wrapper: readonly string[];
}

/** `nobody` by its customary number. Nearly every system has a name for it. */
const NOBODY = 65_534;

/** `--map-user` is in util-linux since 2.36; busybox does not have it, and the probe fails there. */
const USER_NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'] as const;

/** Decides as whom the server of this folder runs; see {@link RunAs}. Gives a folder away in the third case. */
export async function chooseRunAs(root: string): Promise<RunAs> {
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot && hasName()) return { wrapper: [] };
  const owner = await stat(root);
  const user = isRoot && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : {};
  if (await userNamespacesWork(user)) return { ...user, wrapper: USER_NAMESPACE };
  if (!isRoot || owner.uid !== 0) return { ...user, wrapper: [] };
  const nobody = { uid: NOBODY, gid: NOBODY, wrapper: [] };
  await giveTree(root, nobody);
  return nobody;
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false; // how Node says that there is no such entry
  }
}

async function userNamespacesWork(user: Pick<RunAs, 'uid' | 'gid'>): Promise<boolean> {
  const [unshare, ...options] = USER_NAMESPACE;
  return promisify(execFile)(unshare, [...options, 'true'], user).then(
    () => true,
    () => false,
  );
}

/** Lets the server's user have what we made for it. */
export async function give(path: string, { uid, gid }: RunAs): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

/** The root goes last: while it is not given, the next start does it all again. */
async function giveTree(path: string, runAs: RunAs): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await giveTree(inner, runAs);
    else if (!entry.isSymbolicLink()) await give(inner, runAs);
  }
  await give(path, runAs);
}

/**
 * Starts a program as the server's user, with little of our environment: it outlives us, and what is in there
 * (tokens, settings meant for a client of Postgres) is none of its business.
 */
export function spawnAs(
  runAs: RunAs,
  command: readonly string[],
  options: Pick<SpawnOptions, 'stdio' | 'detached'>,
): ChildProcess {
  const [file = '', ...args] = [...runAs.wrapper, ...command];
  return spawn(file, args, {
    ...options,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
    ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
  });
}
