import { closeSync, fchownSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

import type { DataFolder } from './data-folder.ts';
import { unless } from './errno.ts';

/** SQLITE_BUSY in https://www.sqlite.org/rescode.html */
const BUSY = 5;

/**
 * Runs the action while nobody else, in this process or another, does so with this folder.
 *
 * The lock is the operating system's, so it can't outlive its holder and needs no guess about when one is dead. Node
 * offers such locks only through SQLite: an exclusive transaction on a database that stays empty. (Lock files whose age
 * tells that their holder is dead were tried: two processes that find one can both take it over.)
 *
 * @returns undefined where somebody else has the lock now; the action was not run.
 */
export async function tryWithStartLock<T>(folder: DataFolder, action: () => Promise<T>): Promise<T | undefined> {
  const owner = await stat(folder.root);
  await unless(['EEXIST'], () => create(folder.startLock, owner));
  using database = new DatabaseSync(folder.startLock);
  if (!begin(database)) return undefined;
  return await action();
}

function begin(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}

/** Synchronously: closing a file drops all locks that the process has on it (fcntl(2)), so nobody may have one yet. */
function create(path: string, owner: { readonly uid: number; readonly gid: number }): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (process.geteuid?.() === 0) fchownSync(fd, owner.uid, owner.gid);
  } finally {
    closeSync(fd);
  }
}
