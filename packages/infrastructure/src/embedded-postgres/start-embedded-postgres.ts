import { HodeiError, isHodeiError } from '@hodei/domain';

import { DATABASE, USER } from './create-cluster.ts';
import { openDataFolder, PORT, type DataFolder } from './data-folder.ts';
import { errnoOf } from './errno.ts';
import { readyAt } from './postmaster.ts';
import { hasOtherUsers, keeperState, takeSeat, type Seat } from './seat.ts';
import { tryWithStartLock } from './start-lock.ts';
import { notStarted, startServer } from './start-server.ts';
import { waitUntil, type Patience } from './wait-until.ts';

/** How to have an embedded Postgres. */
export interface EmbeddedPostgresOptions {
  /** Everything is kept in here, and only its owner can enter it. Made where it does not exist. */
  readonly dataDir: string;
  /** How long to wait for a server that takes connections, in milliseconds. 60,000 by default. */
  readonly startTimeoutMs?: number;
  /** How long the last one to leave waits for the server's end, in milliseconds. 60,000 by default. */
  readonly stopTimeoutMs?: number;
  /** Stops waiting for the start. */
  readonly signal?: AbortSignal;
}

/** What a client of Postgres needs; `pg.Pool` takes it as it is. */
export interface EmbeddedPostgresConnection {
  /** The folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** A hold on a Postgres server that runs on this machine, for as long as somebody holds it. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connection: EmbeddedPostgresConnection;
  /** The same as a URL, as libpq and `pg` read it. */
  readonly connectionString: string;
  /**
   * Lets go of the server. Close your connections first. The last one to let go stops it, and waits until it has
   * stopped. A process that ends in any other way lets go as well, but nobody waits then. Idempotent.
   * @throws HodeiError `database_unavailable` where it does not stop in time.
   */
  release(): Promise<void>;
}

/**
 * Gives a Postgres server of our own, started where it does not run yet. All processes of this machine that name the
 * same folder share one server. It survives the death of any of them and crashes of its own, keeps what was committed,
 * and is stopped when nobody holds it any more.
 *
 * @throws HodeiError `config_invalid` where a person has to change something (binaries not installed, data of
 * another major version, a folder that can't be used); `database_unavailable` where the server does not start,
 * with the end of its log. The reason of the signal where that aborts.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, startTimeoutMs = 60_000, stopTimeoutMs = 60_000, signal } = options;
  try {
    signal?.throwIfAborted();
    const folder = await openDataFolder(dataDir);
    const timeoutError = (): Promise<Error> => notStarted(folder, 0, `it was not ready within ${startTimeoutMs} ms`);
    const patience = { deadline: performance.now() + startTimeoutMs, signal, timeoutError };
    return await waitUntil(async () => {
      const seat =
        (await takeSeat(folder, patience)) ?? (await tryWithStartLock(folder, () => sitOrStart(folder, patience)));
      return seat === undefined ? undefined : openHold(folder, seat, patience, stopTimeoutMs);
    }, patience);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw translate(error, dataDir);
  }
}

async function sitOrStart(folder: DataFolder, patience: Patience): Promise<Seat> {
  return (await takeSeat(folder, patience)) ?? startServer(folder, patience);
}

/** Undefined where the server went away before it was ready: the next try starts one, or says why it can't. */
async function openHold(
  folder: DataFolder,
  seat: Seat,
  patience: Patience,
  stopTimeoutMs: number,
): Promise<EmbeddedPostgres | undefined> {
  try {
    const host = await waitUntil(
      async () => (await readyAt(folder)) ?? (seat.keeperLives() ? undefined : null),
      patience,
    );
    if (host !== null) return hold(folder, seat, host, stopTimeoutMs);
  } catch (error) {
    await seat.leave();
    throw error;
  }
  await seat.leave();
  return undefined;
}

function hold(folder: DataFolder, seat: Seat, host: string, stopTimeoutMs: number): EmbeddedPostgres {
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= leave(folder, seat, stopTimeoutMs));
  const query = `host=${encodeURIComponent(host)}&port=${PORT}&user=${USER}`;
  return {
    connection: { host, port: PORT, user: USER, database: DATABASE },
    connectionString: `postgresql:///${DATABASE}?${query}`,
    release,
    [Symbol.asyncDispose]: release,
  };
}

async function leave(folder: DataFolder, seat: Seat, stopTimeoutMs: number): Promise<void> {
  await seat.leave();
  const timeoutError = (): Error =>
    new HodeiError(
      'database_unavailable',
      `the embedded Postgres in ${folder.root} did not stop within ${stopTimeoutMs} ms; see ${folder.log}`,
    );
  await waitUntil(
    async () => ((await hasOtherUsers(folder)) || (await keeperState(folder)) === 'none' ? true : undefined),
    { deadline: performance.now() + stopTimeoutMs, timeoutError },
  );
}

/** Errors of the file system by which a person can see that the folder is the wrong one. */
const FOLDER_ERRORS = ['EACCES', 'EPERM', 'ENOTDIR', 'EROFS', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'];

function translate(cause: unknown, dataDir: string): HodeiError {
  if (isHodeiError(cause)) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  if (FOLDER_ERRORS.includes(errnoOf(cause) ?? '')) {
    const message = `the embedded Postgres can't use the folder ${dataDir}: ${words}. Set HODEI_DATA_DIR to one that you own, or HODEI_DATABASE_URL to a Postgres server`;
    return new HodeiError('config_invalid', message, { cause, details: { path: dataDir } });
  }
  return new HodeiError('database_unavailable', `the embedded Postgres in ${dataDir} can't be started: ${words}`, {
    cause,
  });
}
