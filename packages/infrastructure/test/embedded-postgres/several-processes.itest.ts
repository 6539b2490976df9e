import { readFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import {
  exists,
  expectNoProcess,
  expectNothingLeft,
  keeperPids,
  makeFolder,
  postmasterPid,
  processesOf,
  query,
  runCycles,
  startOtherUser,
} from './servers.ts';

// Only the limit for a machine that is busy with other tests; most take one second.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});

afterEach(() => expectNothingLeft(folder));

describe('an embedded Postgres that several processes share', () => {
  it('is one server when all of them come first', async () => {
    const users = Array.from({ length: 4 }, () => startOtherUser(folder));
    const servers = await Promise.all(users.map((user) => user.server));
    expect(new Set(servers).size).toBe(1);
    expect(await Promise.all(users.map((user) => user.release()))).toEqual([0, 0, 0, 0]);
    await expectNoProcess(folder);
  });

  it('is there for every one of many who come and go', async () => {
    const cycles = await Promise.all(Array.from({ length: 4 }, () => runCycles(folder, 20)));
    expect(cycles.flat().filter((pid) => pid > 0)).toHaveLength(80);
  });

  it('stays for the others when a user is killed, and ends when the last one lets go', async () => {
    const killed = startOtherUser(folder);
    const server = await killed.server;
    const postgres = await startEmbeddedPostgres({ dataDir: folder });
    await killed.kill('SIGKILL');
    expect(await postmasterPid(postgres)).toBe(server);
    await postgres.release();
    await expectNoProcess(folder);
  });

  it('ends by itself when its last user is killed', async () => {
    const user = startOtherUser(folder);
    await user.server;
    await user.kill('SIGKILL');
    await expectNoProcess(folder);
  });

  it('does not hear the Ctrl-C that its user gets', async () => {
    const user = startOtherUser(folder);
    const server = await user.server;
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    await user.kill('SIGINT');
    expect(await postmasterPid(postgres)).toBe(server);
  });

  it('has nothing of the environment of who started it', async () => {
    const user = startOtherUser(folder, { HODEI_TOKEN: 's3cret', PGPORT: '1', PGDATA: '/nowhere' });
    const server = await user.server;
    for (const pid of [server, ...(await keeperPids(folder))]) {
      const environment = process.platform === 'linux' ? await readFile(`/proc/${pid}/environ`, 'utf8') : '';
      expect(environment).not.toMatch(/s3cret|PGPORT|nowhere/u);
    }
    await user.release();
  });

  it('comes back for its users when it was killed, with all that was committed', async () => {
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    await query(postgres, 'create table kept (x int)', 'insert into kept values (42)');
    const server = await postmasterPid(postgres);
    process.kill(server, 'SIGKILL');
    const again = startOtherUser(folder);
    expect(await again.server).not.toBe(server);
    expect(await query(postgres, 'select x from kept')).toEqual([{ x: 42 }]);
    expect(await again.release()).toBe(0);
    expect(await query(postgres, 'select x from kept')).toEqual([{ x: 42 }]);
  });

  it('starts after everything was killed at once', async () => {
    const user = startOtherUser(folder);
    const server = await user.server;
    for (const pid of [...(await keeperPids(folder)), server]) process.kill(pid, 'SIGKILL');
    await user.kill('SIGKILL');
    expect(exists(folder, 'run', 'users') && exists(folder, 'cluster', 'postmaster.pid')).toBe(true);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('replaces a server that nobody keeps any more', async () => {
    const user = startOtherUser(folder);
    const server = await user.server;
    for (const pid of await keeperPids(folder)) process.kill(pid, 'SIGKILL');
    await user.kill('SIGKILL');
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await postmasterPid(postgres)).not.toBe(server);
  });

  it('is made anew when its first user was killed while making it', async () => {
    const user = startOtherUser(folder);
    await expect
      .poll(() => processesOf(folder).then((lines) => lines.some((line) => line.includes('cluster.new-'))))
      .toBe(true);
    await user.kill('SIGKILL');
    expect(exists(folder, 'cluster')).toBe(false);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
