import { HodeiError } from '@hodei/domain';

import type { DataFolder } from './data-folder.ts';
import { errnoOf } from './errno.ts';

/** After this time without a sign of life from its holder, the lock is free, in milliseconds. */
const STALE_MS = 3000;

/**
 * Runs the action while no other process does so with this folder.
 * @param action gets a signal that aborts where this process stood still for so long that another took over.
 * @returns undefined where another process has the lock now; the action was not run.
 */
export async function tryWithStartLock<T>(folder: DataFolder, action: (lost: AbortSignal) => Promise<T>): Promise<T | undefined> {
  // Not loaded by those who find a server running: it hooks into the signals of the process.
  const { lock } = await import('proper-lockfile');
  const lost = new AbortController();
  const release = await lock(folder.root, {
    lockfilePath: folder.startLock,
    realpath: false,
    stale: STALE_MS,
    onCompromised: (cause) => {
      const message = `this process stood still while it started Postgres in ${folder.root}, and another took over; try again`;
      lost.abort(new HodeiError('database_unavailable', message, { cause }));
    },
  }).catch((error: unknown) => {
    if (errnoOf(error) === 'ELOCKED') return undefined;
    throw error;
  });
  if (release === undefined) return undefined;
  try {
    return await action(lost.signal);
  } finally {
    if (!lost.signal.aborted) await release();
  }
}
