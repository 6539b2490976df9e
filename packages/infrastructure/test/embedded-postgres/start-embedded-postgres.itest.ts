import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Client, Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import { expectNoProcess, expectNothingLeft, keeperPids, makeFolder, postmasterPid, query } from './servers.ts';

// Only the limit for a machine that is busy with other tests; most take one second.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});

afterEach(() => expectNothingLeft(folder));

describe('startEmbeddedPostgres', () => {
  it('makes a database that is durable, in UTC and UTF-8, and listens on no network', async () => {
    await using postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'made', 'too') });
    const [row] = await query(
      postgres,
      `select current_setting('fsync') fsync, current_setting('synchronous_commit') commits, current_setting('timezone') zone,
        current_setting('listen_addresses') network, current_setting('server_encoding') encoding, current_database() name,
        current_user as "user", datcollate from pg_database where datname = current_database()`,
    );
    expect(row).toEqual({
      fsync: 'on',
      commits: 'on',
      zone: 'UTC',
      network: '',
      encoding: 'UTF8',
      name: 'hodei',
      user: 'hodei',
      datcollate: 'C',
    });
    expect((await stat(join(folder, 'made', 'too'))).mode & 0o777).toBe(0o700);
    expect((await stat(postgres.connection.host)).mode & 0o777).toBe(0o700);
  });

  it('gives a connection string that works as well', async () => {
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    const client = new Client({ connectionString: postgres.connectionString });
    await client.connect();
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'hodei' }]);
    await client.end();
  });

  it('serves many sessions at once, of which one does not wait for the other', async () => {
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    await query(postgres, 'create table work (id int primary key)', 'insert into work select generate_series(1, 20)');
    const pool = new Pool({ ...postgres.connection, max: 20 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => pool.connect()));
    const claims = await Promise.all(
      clients.map(async (client) => {
        await client.query('begin');
        return (await client.query<{ id: number }>('select id from work order by id limit 1 for update skip locked'))
          .rows[0]?.id;
      }),
    );
    expect(claims.toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    await Promise.all(clients.map((client) => client.query('rollback')));
    for (const client of clients) client.release();
    await pool.end();
  });

  it('gives the server that runs to who comes later, by any path to the folder', async () => {
    await using first = await startEmbeddedPostgres({ dataDir: folder });
    await using second = await startEmbeddedPostgres({ dataDir: `${folder}/../${folder.split('/').at(-1)}/` });
    expect(second.connection).toEqual(first.connection);
    expect(await postmasterPid(second)).toBe(await postmasterPid(first));
    expect(await keeperPids(folder)).toHaveLength(2);
  });

  it('stops the server when the last one lets go, and leaves only the data, the log and a free lock', async () => {
    const users = [await startEmbeddedPostgres({ dataDir: folder })];
    for (let more = 0; more < 2; more += 1) users.push(await startEmbeddedPostgres({ dataDir: folder }));
    const [first, second, last] = users;
    await first?.release();
    await first?.release();
    await second?.[Symbol.asyncDispose]();
    expect(last && (await query(last, 'select 1 as one'))).toEqual([{ one: 1 }]);
    await last?.release();
    await expectNoProcess(folder);
    expect((await readdir(folder)).toSorted()).toEqual(['cluster', 'postgres.log', 'run', 'start.lock']);
    expect(await readdir(join(folder, 'run'))).toEqual([]);
  });

  it('keeps what was committed from one server to the next', async () => {
    {
      await using postgres = await startEmbeddedPostgres({ dataDir: folder });
      await query(postgres, 'create table kept (x int)', 'insert into kept values (42)');
    }
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await query(postgres, 'select x from kept')).toEqual([{ x: 42 }]);
  });

  it('breaks off connections that are still open when the last one lets go', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: folder });
    const client = new Client({ ...postgres.connection });
    const broken = new Promise((resolve) => client.on('error', resolve)); // one for the message, one for the end
    await client.connect();
    await postgres.release();
    expect(await broken).toBeInstanceOf(Error);
  });

  it('finds a short place for its socket where the path of the folder is too long, and leaves nothing there', async () => {
    const dataDir = join(folder, 'a path, "quoted" & long '.repeat(6).trim());
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const postgres = await startEmbeddedPostgres({ dataDir });
    const { host } = postgres.connection;
    expect(host.startsWith(folder)).toBe(false);
    expect((await stat(host)).mode & 0o777).toBe(0o700);
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second.connection.host).toBe(host);
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([postgres.release(), second.release()]);
    await expect(stat(host)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives up when it is told so, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const starting = startEmbeddedPostgres({ dataDir: folder, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(starting).rejects.toThrow('changed my mind');
    await expect(
      startEmbeddedPostgres({ dataDir: folder, signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
  });
});
