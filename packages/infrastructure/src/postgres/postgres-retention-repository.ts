import { sql } from 'kysely';
import type { Pruned, RetentionRepository } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { count, pruneJobs } from './retention/prune-jobs.ts';
import { timestamp } from './rows/values.ts';

/** Clean-up in Postgres: small transactions that step around rows which somebody else holds. */
export class PostgresRetentionRepository implements RetentionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async prune(prune: Parameters<RetentionRepository['prune']>[0]): Promise<Pruned> {
    const { limit } = prune;
    const before = timestamp(prune.before);
    const { jobs, records } = await this.#database.transaction((db) => pruneJobs(db, before, limit));
    const others = await this.#database.transaction(async (db) => [
      await count(
        db,
        sql`DELETE FROM workers WHERE id IN (
          SELECT id FROM workers w WHERE is_over AND job_id IS NULL AND created_at < ${before} AND state_changed_at < ${before}
            AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.worker_id = w.id)
          ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
        )`,
      ),
      await count(
        db,
        sql`DELETE FROM history WHERE seq IN (
          SELECT seq FROM history WHERE job_id IS NULL AND at < ${before} ORDER BY at LIMIT ${limit} FOR UPDATE SKIP LOCKED
        )`,
      ),
      await count(
        db,
        sql`DELETE FROM instances WHERE epoch IN (
          SELECT epoch FROM instances i WHERE lease_expires_at < least(${before}::timestamptz, clock_timestamp())
            AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.epoch = i.epoch)
            AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.epoch = i.epoch AND NOT w.is_over)
          ORDER BY epoch LIMIT ${limit} FOR UPDATE SKIP LOCKED
        )`,
      ),
    ]);
    const hasMore = jobs === limit || (jobs === 0 && records > 0) || others.some((deleted) => deleted === limit);
    return { jobs, records, others: others.reduce((sum, deleted) => sum + deleted, 0), hasMore };
  }
}
