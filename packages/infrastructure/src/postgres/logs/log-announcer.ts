import { sql } from 'kysely';
import type { JobId } from '@hodei/domain';
import { CHANNEL } from '../announce.ts';
import type { Database } from '../connection/database.ts';

/**
 * Tells other processes that output was stored, by a statement of its own. Postgres lets only one transaction at a
 * time commit of all that notify (async.c, `PreCommit_Notify`), so a notification in the statement that stores output
 * would be waited for by each of them. One that gets lost does little: the job's end is told in the transaction that
 * records it.
 */
export class LogAnnouncer {
  readonly #database: Database;
  readonly #untold = new Set<JobId>();
  #telling = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns before anything is told: who follows in this process comes first. What comes meanwhile is told with it. */
  tell(jobId: JobId): void {
    this.#untold.add(jobId);
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => void this.#tellAll());
  }

  async #tellAll(): Promise<void> {
    while (this.#untold.size > 0) {
      const jobIds = [...this.#untold];
      this.#untold.clear();
      // Where the database is away, whoever listens will look at everything again.
      await this.#database
        .runOften(sql<object>`SELECT pg_notify(${CHANNEL}, 'logs ' || id) FROM unnest(${jobIds}::uuid[]) AS id`)
        .catch(() => []);
    }
    this.#telling = false;
  }
}
