import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateToLatest, MIGRATIONS, openPostgresStore, type Migration } from '../../src/postgres/index.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let admin: Client;

beforeEach(async () => {
  database = await createEmptyDatabase();
  admin = new Client({ connectionString: database.connectionString });
  await admin.connect();
});

afterEach(async () => {
  await admin.end();
  await database[Symbol.asyncDispose]();
});

const versions = MIGRATIONS.map(({ version }) => version);
const latest = Math.max(...versions);
const migrate = (migrations?: readonly Migration[]): Promise<readonly number[]> =>
  migrateToLatest(database, migrations);
const tables = async (): Promise<readonly unknown[]> =>
  (await admin.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`)).rows;

describe('migrations', () => {
  it('are numbered, each once and in their order', () => {
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
  });

  it('bring an empty database up to date, once', async () => {
    expect(await migrate()).toEqual(versions);
    const made = await tables();
    expect(await migrate()).toEqual([]);
    expect(await tables()).toEqual(made);
  });

  it('apply only what is missing', async () => {
    await migrate();
    const next: Migration = { version: latest + 1, name: 'next', statements: ['CREATE TABLE extra (id int)'] };
    expect(await migrate([...MIGRATIONS, next])).toEqual([next.version]);
  });

  it('apply one that arrives after a higher one', async () => {
    const late: Migration = { version: latest + 1, name: 'late', statements: ['CREATE TABLE late (id int)'] };
    const early: Migration = { version: latest + 2, name: 'early', statements: ['CREATE TABLE early (id int)'] };
    expect(await migrate([...MIGRATIONS, early])).toEqual([...versions, early.version]);
    expect(await migrate([...MIGRATIONS, late, early])).toEqual([late.version]);
  });

  it('are all or none: one that fails leaves the schema as it was', async () => {
    const bad: Migration = {
      version: latest + 1,
      name: 'bad',
      statements: ['CREATE TABLE extra (id int)', 'SELECT no_such_column'],
    };
    await expect(migrate([...MIGRATIONS, bad])).rejects.toMatchObject({ name: 'HodeiError', code: 'internal' });
    expect(await tables()).toEqual([]);
    expect(await migrate()).toEqual(versions);
  });

  it('take over the rows of the versions before', async () => {
    await migrate(MIGRATIONS.filter(({ version }) => version <= 20));
    await admin.query(`
      INSERT INTO jobs (id, state, epoch, priority, labels, spec, created_at, state_changed_at, not_before, finished_at)
      SELECT gen_random_uuid(), state, CASE WHEN state IN ('scheduled', 'running') THEN 1 END, 0, '{}', '{}', now(), now(), now(),
             CASE WHEN state IN ('succeeded', 'failed') THEN now() END
      FROM unnest(ARRAY['pending', 'scheduled', 'running', 'succeeded', 'failed']) AS state`);
    await admin.query(`
      INSERT INTO workers (id, provider_id, state, epoch, image, resources, created_at, state_changed_at, expires_at)
      SELECT gen_random_uuid(), gen_random_uuid(), state, 1, 'busybox', '{}', now(), now(), now()
      FROM unnest(ARRAY['busy', 'terminating', 'terminated']) AS state`);
    expect(await migrate()).toEqual(versions.filter((version) => version > 20));
    await using store = await openPostgresStore(database);
    const { jobs, workers } = store.repositories;
    expect(await jobs.countByState()).toMatchObject({ pending: 1, scheduled: 1, running: 1, succeeded: 1, failed: 1 });
    for (const state of ['pending', 'running', 'failed'] as const)
      expect((await jobs.list({ states: [state], limit: 10 })).items.map((job) => job.state)).toEqual([state]);
    const live = await workers.countLive();
    expect([...live.values()]).toEqual([1, 1]);
  });

  it('refuse a schema that is newer than the program', async () => {
    await migrate();
    await admin.query(`INSERT INTO schema_migrations (version, name) VALUES (99, 'from the future')`);
    const refused = { name: 'HodeiError', code: 'unknown_value', message: expect.stringContaining('version 99') };
    await expect(migrate()).rejects.toMatchObject(refused);
    await expect(openPostgresStore(database)).rejects.toMatchObject(refused);
  });

  it('run once where several processes start at the same time', async () => {
    const program = fileURLToPath(new URL('migrate-process.ts', import.meta.url));
    const run = promisify(execFile);
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () =>
        run(process.execPath, ['--conditions=@hodei/source', program, database.connectionString]),
      ),
    );
    const applied = outputs.map(({ stdout }) => JSON.parse(stdout) as readonly number[]);
    expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([versions, [], [], []]);
  });

  it('run once where several stores are opened at the same time', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgresStore(database)));
    const { rows } = await admin.query('SELECT count(*)::int AS count FROM schema_migrations');
    expect(rows).toEqual([{ count: versions.length }]);
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  });
});
