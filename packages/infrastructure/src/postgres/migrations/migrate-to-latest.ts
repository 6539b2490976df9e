import { Client } from 'pg';
import { HodeiError } from '@hodei/domain';
import { clientConfig, type PostgresOptions } from '../connection/postgres-options.ts';
import { translatePgError } from '../connection/translate-pg-error.ts';
import type { Migration } from './migration.ts';
import { MIGRATIONS } from './migrations.ts';

/** Which of the database's advisory locks is ours: "hodei" in ASCII. */
const LOCK_KEY = 0x686f646569;

/**
 * Brings the schema up to date, in one transaction under an advisory lock: of several processes, one migrates
 * and the others find it done. There is no way back.
 *
 * @returns the versions that were applied; none where it was up to date.
 * @throws HodeiError `unknown_value` where the schema is newer than this program; `database_unavailable`,
 * `config_invalid`
 */
export async function migrateToLatest(
  options: PostgresOptions,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly number[]> {
  // Without the pool's statement timeout: a migration of a large table takes as long as it takes.
  const client = new Client(clientConfig(options));
  // A connection that breaks rejects the query it breaks; the event says the same once more.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN');
    const applied = await applyMissing(client, migrations);
    await client.query('COMMIT');
    return applied;
  } catch (error) {
    throw translatePgError(error);
  } finally {
    // Ends the transaction as well, where it was not committed.
    await client.end();
  }
}

async function applyMissing(client: Client, migrations: readonly Migration[]): Promise<readonly number[]> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_migrations');
  const applied = new Set(rows.map(({ version }) => version));
  const current = Math.max(0, ...applied);
  const latest = migrations.at(-1)?.version ?? 0;
  if (current > latest) {
    throw new HodeiError(
      'unknown_value',
      `the database's schema is at version ${current}, and this program knows it up to ${latest}; use a newer version of the program`,
    );
  }
  // Not "those above the highest": what was developed side by side may arrive in another order.
  const missing = migrations.filter(({ version }) => !applied.has(version));
  for (const { version, name, statements } of missing) {
    for (const statement of statements) await client.query(statement);
    await client.query('INSERT INTO schema_migrations (version, name) VALUES ($1, $2)', [version, name]);
  }
  return missing.map(({ version }) => version);
}
