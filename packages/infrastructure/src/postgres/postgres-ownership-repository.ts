import { sql, type SqlBool } from 'kysely';
import type { Epoch, Owned, OwnershipRepository } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { takeOver } from './ownership/take-over.ts';
import { JOB_COLUMNS, toJob } from './rows/job-row.ts';
import { toWorker } from './rows/worker-row.ts';

/** Ownership in Postgres. Whether a lease has run out is decided by the database's clock alone. */
export class PostgresOwnershipRepository implements OwnershipRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  takeOver(takeover: Parameters<OwnershipRepository['takeOver']>[0]): Promise<Owned> {
    return takeOver(this.#database, takeover);
  }

  async listOwned(epoch: Epoch): Promise<Owned> {
    const [jobs, workers] = await Promise.all([
      this.#database.run((db) =>
        db
          .selectFrom('jobs')
          .select(JOB_COLUMNS)
          .where('epoch', '=', epoch)
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
      ),
      this.#database.run((db) =>
        db
          .selectFrom('workers')
          .selectAll()
          .where('epoch', '=', epoch)
          .where(sql<SqlBool>`NOT is_over`)
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
      ),
    ]);
    return { jobs: jobs.map(toJob), workers: workers.map(toWorker) };
  }
}
