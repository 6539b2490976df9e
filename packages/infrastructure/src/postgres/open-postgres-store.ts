import type { Repositories } from '@hodei/domain';
import { Database, type ConnectionCounts } from './connection/database.ts';
import type { PostgresOptions } from './connection/postgres-options.ts';
import { migrateToLatest } from './migrations/migrate-to-latest.ts';
import { PostgresAttemptRepository } from './postgres-attempt-repository.ts';
import { PostgresCensusRepository } from './postgres-census-repository.ts';
import { PostgresChangeFeed } from './postgres-change-feed.ts';
import { PostgresHistoryRepository } from './postgres-history-repository.ts';
import { PostgresImageUseRepository } from './postgres-image-use-repository.ts';
import { PostgresInstanceRepository } from './postgres-instance-repository.ts';
import { PostgresJobRepository } from './postgres-job-repository.ts';
import { PostgresLogRepository } from './postgres-log-repository.ts';
import { PostgresOwnershipRepository } from './postgres-ownership-repository.ts';
import { PostgresPoolRepository } from './postgres-pool-repository.ts';
import { PostgresProviderRepository } from './postgres-provider-repository.ts';
import { PostgresQueueRepository } from './postgres-queue-repository.ts';
import { PostgresTokenRepository } from './postgres-token-repository.ts';
import { PostgresRetentionRepository } from './postgres-retention-repository.ts';
import { PostgresWorkerRepository } from './postgres-worker-repository.ts';

/** All repositories on one Postgres. Disposing of it closes its connections. */
export interface PostgresStore extends AsyncDisposable {
  readonly repositories: Repositories;
  /** How busy its connections are now. */
  readonly connections: () => readonly ConnectionCounts[];
}

/**
 * Brings the schema up to date and opens the store.
 *
 * @throws HodeiError `config_invalid` where the URL is malformed or the server refuses us by it,
 * `database_unavailable` where it can't be reached, `unknown_value` where its schema is newer than this program.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  await migrateToLatest(options);
  const database = new Database(options);
  const changes = new PostgresChangeFeed(options);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await changes[Symbol.asyncDispose]();
    await database.close();
  };
  return {
    repositories: {
      instances: new PostgresInstanceRepository(database),
      providers: new PostgresProviderRepository(database),
      pools: new PostgresPoolRepository(database),
      jobs: new PostgresJobRepository(database),
      queues: new PostgresQueueRepository(database),
      attempts: new PostgresAttemptRepository(database),
      workers: new PostgresWorkerRepository(database),
      images: new PostgresImageUseRepository(database),
      logs: new PostgresLogRepository(database),
      history: new PostgresHistoryRepository(database),
      ownership: new PostgresOwnershipRepository(database),
      tokens: new PostgresTokenRepository(database),
      retention: new PostgresRetentionRepository(database),
      census: new PostgresCensusRepository(database),
      changes,
    },
    connections: () => database.connections(),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
