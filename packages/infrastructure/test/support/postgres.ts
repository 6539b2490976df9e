import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { migrateToLatest, MIGRATIONS } from '../../src/postgres/index.ts';

/** A database of one's own on the run's Postgres. */
export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string;
}

/** Which advisory lock of the admin database guards the making of templates. */
const TEMPLATE_LOCK = 0x686f646575;

/** The URL of a database on the run's Postgres. */
export function urlOf(database: string): string {
  const url = new URL(inject('postgresAdminUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements in the run's admin database, on a connection of their own. */
export async function asAdmin<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: inject('postgresAdminUrl') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A new, migrated database: a clone of a template that the first who needs it makes. Disposing of it drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = `hodei_template_${createHash('sha256').update(JSON.stringify(MIGRATIONS)).digest('hex').slice(0, 16)}`;
  return create(async (client, name) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) await makeTemplate(client, template);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
}

/** A new database without a schema. Disposing of it drops it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return create((client, name) => client.query(`CREATE DATABASE ${name}`));
}

async function create(make: (client: Client, name: string) => Promise<unknown>): Promise<TestDatabase> {
  const name = `hodei_test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin((client) => make(client, name));
  return {
    connectionString: urlOf(name),
    // Without FORCE: a connection that a test left open fails it here.
    [Symbol.asyncDispose]: () => asAdmin(async (client) => void (await client.query(`DROP DATABASE ${name}`))),
  };
}

/** Migrated under another name first, so that a template is whole as soon as it is there. */
async function makeTemplate(client: Client, template: string): Promise<void> {
  const draft = `${template}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${draft}`);
  await migrateToLatest({ connectionString: urlOf(draft) });
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
}
