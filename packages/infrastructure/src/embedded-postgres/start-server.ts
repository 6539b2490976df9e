import { HodeiError } from '@hodei/domain';

import { findBinaries } from './binaries.ts';
import { ensureCluster } from './create-cluster.ts';
import { empty, makePrivate, socketFolder, type DataFolder } from './data-folder.ts';
import { startKeeper } from './keeper.ts';
import { clearRemains, readyAt } from './postmaster.ts';
import { chooseRunAs } from './run-as.ts';
import { keeperState, Seat } from './seat.ts';
import { openLog, readLogTail } from './server-log.ts';
import { serverArguments } from './server-settings.ts';
import { waitUntil, type Patience } from './wait-until.ts';

/** Starts the server; the caller has the start lock and found none to sit at. */
export async function startServer(folder: DataFolder, patience: Patience): Promise<Seat> {
  await waitUntil(async () => ((await keeperState(folder)) === 'none' ? true : undefined), patience);
  const binaries = await findBinaries();
  await clearRemains(folder, patience);
  const runAs = await chooseRunAs(folder.root);
  await ensureCluster(folder, binaries, runAs, patience);
  patience.signal?.throwIfAborted();

  const sockets = socketFolder(folder);
  for (const path of new Set([folder.run, sockets])) {
    await makePrivate(path, runAs);
    await empty(path);
  }
  const { file, offset } = await openLog(folder, runAs);
  await using log = file;
  const server = [binaries.postgres, ...serverArguments(folder, sockets)];
  const { keeper, fd } = await startKeeper(folder, runAs, { sockets, server, logFd: log.fd });
  const seat = new Seat(folder, fd);
  try {
    seat.introduce();
    let end: string | undefined;
    keeper.once('error', (error) => (end = error.message));
    keeper.once('exit', (code, signal) => (end ??= `it ended with ${signal ?? code}`));
    await waitUntil(async () => {
      if (end !== undefined) throw await notStarted(folder, offset, end);
      return seat.isAcknowledged() && (await readyAt(folder)) !== undefined ? true : undefined;
    }, patience);
    return seat;
  } catch (error) {
    await seat.leave();
    throw error;
  }
}

/** The error for a server that can't be had, with its own last words. */
export async function notStarted(folder: DataFolder, logOffset: number, why: string): Promise<HodeiError> {
  const words = await readLogTail(folder, logOffset);
  const message = `the embedded Postgres in ${folder.root} did not start: ${why}. The end of ${folder.log}:\n${words}`;
  return new HodeiError('database_unavailable', message, { details: { log: folder.log } });
}
