import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Client } from 'pg';
import { expect } from 'vitest';

import type { EmbeddedPostgres } from '../../src/embedded-postgres/index.ts';

const PROGRAM = fileURLToPath(new URL('user-process.ts', import.meta.url));

/** A folder for one test. */
export async function makeFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'hodei-epg-')));
}

/** Fails unless everything is gone that a server of this folder had; then removes the folder. */
export async function expectNothingLeft(folder: string): Promise<void> {
  await expectNoProcess(folder);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    expect(entry.isFile() || entry.isDirectory(), `${entry.parentPath}/${entry.name} is a file or a directory`).toBe(
      true,
    );
    expect(entry.name).not.toMatch(/^(cluster\.new-.*|user-.*|postmaster\.pid)$/u);
  }
  await rm(folder, { recursive: true });
}

/** Waits until none works on this folder: what keeps the server has let go of all else a moment before its own end. */
export async function expectNoProcess(folder: string): Promise<void> {
  await expect.poll(() => processesOf(folder), { timeout: 10_000 }).toEqual([]);
}

/** The lines of all processes that work on this folder. */
export async function processesOf(folder: string): Promise<readonly string[]> {
  return (await allProcesses()).filter((line) => line.includes(folder));
}

/** Each process as `pid args`; a small Debian has no ps, and what is no Linux has no /proc. */
async function allProcesses(): Promise<readonly string[]> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,args='], { maxBuffer: 2 ** 24 });
    return stdout.split('\n');
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return await Promise.all(
    pids.map(
      async (pid) => `${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')}`,
    ),
  );
}

/** The pids of the shells that keep the server of this folder. */
export async function keeperPids(folder: string): Promise<readonly number[]> {
  const lines = await processesOf(folder);
  return lines.filter((line) => line.includes('hodei-postgres-keeper')).map((line) => Number.parseInt(line, 10));
}

/** Runs statements on one connection; the rows of the last one. */
export async function query<Row extends object>(
  postgres: EmbeddedPostgres,
  ...statements: readonly string[]
): Promise<Row[]> {
  const client = new Client({ ...postgres.connection });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

export async function postmasterPid(postgres: EmbeddedPostgres): Promise<number> {
  const [row] = await query<{ pid: string }>(
    postgres,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
  );
  return Number(row?.pid);
}

/** Another process that uses the server; see user-process.ts. */
export interface OtherUser {
  readonly process: ChildProcess;
  /** The pid of the server it found, once it has it. */
  readonly server: Promise<number>;
  /** What it has said on stderr. */
  errors(): string;
  /** Lets go and resolves with its exit code. */
  release(): Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export function startOtherUser(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  who: { readonly uid?: number; readonly gid?: number } = {},
): OtherUser {
  const args = ['--conditions', '@hodei/source', PROGRAM, 'hold', folder];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, detached: true, ...who });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'close');
  const line = once(createInterface(child.stdout), 'line').then(([text]) => Number(text));
  const early = exited.then(([code, signal]) =>
    Promise.reject(new Error(`the other user ended with ${String(signal ?? code)}`)),
  );
  const server = Promise.race([line, early]);
  server.catch(() => {});
  early.catch(() => {});
  return {
    process: child,
    server,
    errors: () => errors,
    release: async () => {
      child.stdin.end();
      const [code] = (await exited) as [number | null];
      return code;
    },
    kill: async (signal) => {
      process.kill(-(child.pid ?? Number.NaN), signal);
      await exited;
    },
  };
}

/** The pids of the servers that another process found in so many cycles of start and release. */
export async function runCycles(folder: string, times: number): Promise<readonly number[]> {
  const args = ['--conditions', '@hodei/source', PROGRAM, 'cycle', folder, String(times)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim().split('\n').map(Number);
}

export function exists(...path: readonly string[]): boolean {
  return existsSync(join(...path));
}
