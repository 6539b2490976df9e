import { execFile, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { DataFolder } from './data-folder.ts';
import { give, spawnAs, type RunAs } from './run-as.ts';

/**
 * The keeper is the parent of the server: a shell that runs it as long as anybody uses it, and then stops it. It and the
 * server are in a session of their own, so that Ctrl-C or a closed terminal does not reach them.
 *
 * Who uses the server is counted by the kernel, not by us: every user holds the pipe `run/users` open for writing. When
 * the last of them lets go or dies, in whatever way, the keeper reads the end of the file. No count can become stale.
 *
 * A user writes a name into the pipe, and is in when the keeper has made a file of that name. Without an answer, the
 * keeper had already seen the end: then it goes on to stop the server, the pipe breaks, and the user starts a new one.
 *
 * It is stopped by TERM, on which Postgres lets sessions end that are about to (a client that has said goodbye must not
 * get an error in answer), and after half a second by INT, which breaks them off. INT is repeated since the shell has it
 * ignored for background programs, until Postgres sets a handler. `run/closing` is removed when all is over.
 *
 * A server that crashes is started again for its users, some times.
 */
const KEEPER = `
run=$1 sockets=$2; shift 2
exec 3<&0 </dev/null
starts=0
while :; do
  "$@" 3<&- & server=$!
  (
    while read -r name; do if [ -n "$name" ]; then : >"$run/$name"; fi; done
    mv "$run/users" "$run/closing"
    signal=TERM tries=0
    while kill -s "$signal" "$server" 2>/dev/null; do
      sleep 0.05 3<&- </dev/null
      tries=$((tries + 1))
      if [ "$tries" -ge 10 ]; then signal=INT; fi
    done
  ) <&3 & watcher=$!
  wait "$server"; code=$?
  kill "$watcher" 2>/dev/null
  starts=$((starts + 1))
  if [ ! -p "$run/users" ] || [ "$code" -eq 0 ] || [ "$starts" -ge 6 ]; then break; fi
  sleep 0.2 3<&-
done
rmdir "$sockets" 2>/dev/null
rm -f "$run"/user-* "$run/users" "$run/closing"
exit "$code"
`;

/** The pipe of a server that takes users, and its name while it is being stopped. */
export const usersPipe = (folder: DataFolder): string => join(folder.run, 'users');
export const closingPipe = (folder: DataFolder): string => join(folder.run, 'closing');

/**
 * Starts the server with its keeper, and holds the pipe for our caller.
 * @returns the keeper and the writing end of the pipe: the caller's to close.
 */
export async function startKeeper(
  folder: DataFolder,
  runAs: RunAs,
  start: { readonly sockets: string; readonly server: readonly string[]; readonly logFd: number },
): Promise<{ keeper: ChildProcess; fd: number }> {
  const path = usersPipe(folder);
  await promisify(execFile)('mkfifo', ['-m', '600', path]);
  await give(path, runAs);
  // Opening one end of a pipe waits for the other end, but not where somebody has both.
  const both = openSync(path, constants.O_RDWR);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const reading = openSync(path, constants.O_RDONLY);
  closeSync(both);
  try {
    const command = ['sh', '-c', KEEPER, 'hodei-postgres-keeper', folder.run, start.sockets, ...start.server];
    const keeper = spawnAs(runAs, command, { stdio: [reading, start.logFd, start.logFd], detached: true });
    keeper.unref();
    return { keeper, fd };
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    closeSync(reading);
  }
}
