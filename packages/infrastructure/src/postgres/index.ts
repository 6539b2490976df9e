export type { ConnectionCounts } from './connection/database.ts';
export { parseDatabaseUrl } from './connection/parse-database-url.ts';
export type { PostgresOptions } from './connection/postgres-options.ts';
export { migrateToLatest } from './migrations/migrate-to-latest.ts';
export type { Migration } from './migrations/migration.ts';
export { openPostgresStore, type PostgresStore } from './open-postgres-store.ts';
export { MIGRATIONS } from './migrations/migrations.ts';
