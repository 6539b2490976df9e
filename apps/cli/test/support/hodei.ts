import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { LABELS, type InstallationId } from '@hodei/domain';
import { openStore, parseSettings, type Store } from '@hodei/server';
import { expect } from 'vitest';

import { callEngine } from '../../../../scripts/engine/engine-request.ts';
import { findEngine } from '../../../../scripts/engine/reach-engine.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const NODE_ARGS = ['--conditions=@hodei/source', '--disable-warning=ExperimentalWarning', MAIN];

/** What a command came to. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Stdout as it came. */
  readonly bytes: Buffer;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when this text was on stdout or stderr. */
  seen(text: string): Promise<void>;
  /** The same for a pattern. */
  seenMatch(pattern: RegExp): Promise<RegExpExecArray>;
  readonly done: Promise<Result>;
}

/** A fresh installation in a folder of its own: its Postgres, its containers, its commands. */
export interface Installation {
  readonly folder: string;
  readonly dataDir: string;
  /** A look into its rows. Keeps its Postgres running between commands, as any other command would. */
  readonly store: Store;
  readonly id: InstallationId;
  readonly env: NodeJS.ProcessEnv;
  /** What Node.js is to run for the real CLI. */
  readonly nodeArgs: readonly string[];
  /** The process of the server, where there is one. */
  readonly serverPid: number | undefined;
  /** Runs a command of the real CLI to its end. */
  hodei(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Result>;
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** All containers of this installation, as `docker inspect` has them. */
  containers(): Promise<readonly string[]>;
  /** The rows of one listing, as JSON. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Nothing is left on the engine, and no row says that something goes on. */
  expectNothingLeft(): Promise<void>;
  close(): Promise<void>;
}

/** Whether commands work by themselves, or with a server. */
export type Mode = 'embedded' | 'server';

/** Both, for tests of what must be the same. */
export const MODES: readonly Mode[] = ['embedded', 'server'];

/** How commands look at an installation of mode `server`: through it, or at its rows (an empty HODEI_URL is none). */
export const WAYS = [
  ['embedded', { HODEI_URL: '' }],
  ['over HTTP', {}],
] as const;

/** @param mode `server`: a `hodei serve` runs for as long as the installation is open, and commands are sent to it. */
export async function openInstallation(mode: Mode = 'embedded'): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-cli-'));
  const dataDir = join(folder, 'data');
  const { HODEI_URL: _, HODEI_DATABASE_URL: __, HODEI_LOG_LEVEL: ___, ...inherited } = process.env;
  const env: NodeJS.ProcessEnv = { ...inherited, HODEI_DATA_DIR: dataDir, NO_COLOR: '1', HODEI_LISTEN: '127.0.0.1:0' };
  const store = await openStore(parseSettings(env));
  const { endpoint } = await findEngine();
  const life = await store.repositories.instances.register({ name: 'a test', leaseMs: 1000 });
  await store.repositories.instances.release(life.epoch);
  const id = life.installationId;

  const alive = new Set<ChildProcess>();
  const start = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Running => {
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
      cwd: folder,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    alive.add(child);
    child.once('close', () => alive.delete(child));
    const written: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => written.push(data.toString('latin1')));
    const finish = async (): Promise<Result> => {
      const [bytes, errors, [code]] = await Promise.all([
        buffer(child.stdout),
        buffer(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ]);
      return { code, bytes, stdout: bytes.toString(), stderr: errors.toString() };
    };
    const done = finish();
    const looking = async <T>(find: (text: string) => T | null, words: string): Promise<T> => {
      for (;;) {
        const found = find(written.join(''));
        if (found !== null) return found;
        if (child.exitCode !== null)
          throw new Error(`hodei ended with ${child.exitCode} before it wrote ${words}: ${written.join('')}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), done]);
      }
    };
    const seen = (text: string): Promise<void> =>
      looking((all) => (all.includes(text) ? undefined : null), `"${text}"`);
    const seenMatch = (pattern: RegExp): Promise<RegExpExecArray> =>
      looking((all) => pattern.exec(all), pattern.source);
    return { child, seen, seenMatch, done };
  };
  const service = mode === 'server' ? start(['serve']) : undefined;
  const [, url] = (await service?.seenMatch(/listening at (\S+)\n/)) ?? [];
  if (url !== undefined) env['HODEI_URL'] = url;
  const hodei = (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Result> => start(args, more).done;
  const containers = async (): Promise<readonly string[]> => {
    const filters = encodeURIComponent(
      JSON.stringify({ label: [`${LABELS.managed}=true`, `${LABELS.installation}=${id}`] }),
    );
    const rows = JSON.parse(await callEngine(endpoint, `/containers/json?all=1&filters=${filters}`)) as {
      readonly Id: string;
    }[];
    const inspected = await Promise.allSettled(rows.map(({ Id }) => callEngine(endpoint, `/containers/${Id}/json`)));
    return inspected.flatMap((result) => {
      if (result.status === 'fulfilled') return [result.value];
      // One that went away since it was listed.
      if (String(result.reason).includes('No such container')) return [];
      throw result.reason;
    });
  };
  const expectNothingLeft = async (): Promise<void> => {
    // Who only watched a job may have ended before its worker is gone.
    await until(
      async () => (await containers()).length === 0 && (await store.repositories.workers.countLive()).size === 0,
    );
    const jobs = await store.repositories.jobs.countByState();
    expect({ pending: jobs.pending, scheduled: jobs.scheduled, running: jobs.running }).toEqual({
      pending: 0,
      scheduled: 0,
      running: 0,
    });
  };
  return {
    folder,
    dataDir,
    store,
    id,
    env,
    nodeArgs: NODE_ARGS,
    serverPid: service?.child.pid,
    hodei,
    start,
    containers,
    expectNothingLeft,
    json: async <T>(args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await hodei([...args, '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout) as T;
    },
    close: async () => {
      try {
        await expectNothingLeft();
        service?.child.kill('SIGTERM');
        if (service !== undefined) expect((await service.done).code).toBe(0);
      } finally {
        // Where a test has failed, what it began must not go on beside the others.
        for (const child of alive) child.kill('SIGKILL');
        await store[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Resolves when the condition holds. */
export async function until(condition: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`it did not happen within ${timeoutMs} ms: ${condition.toString()}`);
    await delay(20);
  }
}
