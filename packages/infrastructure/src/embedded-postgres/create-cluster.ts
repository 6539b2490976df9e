import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { HodeiError } from '@hodei/domain';

import type { PostgresBinaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { unless } from './errno.ts';
import { spawnAs, type RunAs } from './run-as.ts';
import { waitUntil, type Patience } from './wait-until.ts';

/** The superuser and the database of an embedded Postgres. */
export const USER = 'hodei';
export const DATABASE = 'hodei';

const DRAFT_PREFIX = 'cluster.new-';

/**
 * Makes the data directory of Postgres where there is none yet. It is made whole under another name, written to
 * the disk and then renamed, so that a crash in between leaves nothing half-made.
 *
 * @throws HodeiError `config_invalid` where it belongs to another major version of Postgres, or is none;
 * `database_unavailable` where it can't be made.
 */
export async function ensureCluster(
  folder: DataFolder,
  binaries: PostgresBinaries,
  runAs: RunAs,
  patience: Patience,
): Promise<void> {
  const names = await readdir(folder.root);
  for (const name of names.filter((entry) => entry.startsWith(DRAFT_PREFIX))) {
    await rm(join(folder.root, name), { recursive: true, force: true, maxRetries: 5 });
  }
  if (names.includes('cluster')) await checkVersion(folder, binaries.major);
  else await createCluster(folder, binaries, (command, input) => run(runAs, patience, command, input));
}

async function checkVersion({ cluster }: DataFolder, major: number): Promise<void> {
  const found = (await unless(['ENOENT', 'ENOTDIR'], () => readFile(join(cluster, 'PG_VERSION'), 'utf8')))?.trim();
  if (found === String(major)) return;
  const is =
    found === undefined
      ? 'is not a data directory of Postgres'
      : `was made by Postgres ${found}, and this version brings Postgres ${major}`;
  const message =
    `${cluster} ${is}. To begin anew, move it away; to keep what is in it, ` +
    (found === undefined ? '' : `dump it with Postgres ${found} and load the dump into the new one, or `) +
    'set HODEI_DATABASE_URL to a Postgres server';
  throw new HodeiError('config_invalid', message, {
    details: { path: cluster, found: found ?? null, expected: major },
  });
}

type Run = (command: readonly string[], input?: string) => Promise<void>;

async function createCluster(folder: DataFolder, { initdb, postgres }: PostgresBinaries, execute: Run): Promise<void> {
  const draft = join(folder.root, `${DRAFT_PREFIX}${randomBytes(6).toString('hex')}`);
  try {
    // Whoever reaches the socket may come in: its folder is the owner's alone. Nothing comes by network.
    const access = ['--auth-local=trust', '--auth-host=reject', '--username', USER];
    const locale = ['--encoding=UTF8', '--no-locale'];
    await execute([initdb, '--pgdata', draft, ...access, ...locale, '--no-sync', '--no-instructions']);
    // Single-user mode needs no server: 50 ms.
    const single = [postgres, '--single', '-F', '-D', draft, '-c', 'exit_on_error=true', 'postgres'];
    await execute(single, `CREATE DATABASE ${DATABASE}\n`);
    await execute([initdb, '--pgdata', draft, '--sync-only']);
    await rename(draft, folder.cluster);
    await using root = await open(folder.root);
    await root.sync();
  } catch (error) {
    await rm(draft, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}

async function run(runAs: RunAs, patience: Patience, command: readonly string[], input = ''): Promise<void> {
  const child = spawnAs(runAs, command, { stdio: ['pipe', 'ignore', 'pipe'] });
  const { stdin, stderr } = child;
  if (stdin === null || stderr === null) throw new HodeiError('internal', 'a piped program has no pipes');
  let words = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  stdin.on('error', () => {}); // it ended without reading; its exit code says why
  stdin.end(input);
  let end: string | undefined;
  child.once('error', (error) => (end = error.message));
  child.once('close', (code, signal) => (end ??= String(signal ?? code)));
  try {
    await waitUntil(() => end, patience);
  } finally {
    if (end === undefined) child.kill('SIGKILL');
  }
  if (end === '0') return;
  const message = `the embedded Postgres could not be set up: ${command[0]} ended with ${end}:\n${words.trim()}`;
  throw new HodeiError('database_unavailable', message);
}
