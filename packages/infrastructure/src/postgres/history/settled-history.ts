import { sql } from 'kysely';
import type { HistoryHorizon } from '@hodei/domain';
import type { Database } from '../connection/database.ts';

interface Look {
  /** The highest number that is there. */
  readonly newest: number;
  /** How many of those after the horizon are there. */
  readonly count: number;
  /** The transactions that have written to the history, or are about to, and have not ended. */
  readonly writers: readonly string[];
}

/**
 * Finds out how far the history is settled.
 *
 * Numbers without a gap are settled. A gap is a number whose transaction has not committed yet, or never will. Whoever
 * took that number holds a lock on the table until it ends, and took the lock before the number (Postgres locks a
 * table before it runs a statement on it). So once all who held it when the gap was seen have ended, what has not
 * appeared up to there never will. Locks of others, and transactions of other databases, don't matter.
 */
export class SettledHistory {
  readonly #database: Database;
  /** Absent before the first look: then nothing is known of gaps further back. */
  #settled: number | undefined;
  /** A number up to which all is settled once these writers have ended. */
  #doubt: { readonly upTo: number; readonly writers: ReadonlySet<string> } | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async look(): Promise<HistoryHorizon> {
    const after = this.#settled;
    const { newest, count, writers } = await this.#read(after ?? 0, after !== undefined);
    // Another look may have been faster.
    const settled = Math.max(this.#settled ?? 0, after ?? 0);
    if (newest <= settled) return { upTo: settled, isPending: false };
    const isWhole = after !== undefined && count === newest - after;
    if (isWhole || writers.length === 0) return this.#settle(newest);
    const doubt = (this.#doubt ??= { upTo: newest, writers: new Set(writers) });
    if (!writers.some((writer) => doubt.writers.has(writer))) {
      this.#doubt = { upTo: newest, writers: new Set(writers) };
      this.#settled = Math.max(settled, doubt.upTo);
    }
    return { upTo: this.#settled ?? 0, isPending: true };
  }

  #settle(upTo: number): HistoryHorizon {
    this.#settled = Math.max(this.#settled ?? 0, upTo);
    this.#doubt = undefined;
    return { upTo: this.#settled, isPending: false };
  }

  /** The locks are read after the statement's snapshot was taken, which is what the argument above needs. */
  async #read(after: number, counts: boolean): Promise<Look> {
    const { rows } = await this.#database.run((db) =>
      sql<Look>`
        SELECT coalesce(max(seq), 0) AS newest,
          ${counts ? sql`count(*)` : sql`0::bigint`} AS count,
          ARRAY(
            SELECT virtualtransaction FROM pg_locks
            WHERE locktype = 'relation' AND relation = 'history'::regclass AND mode = 'RowExclusiveLock' AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          ) AS writers
        FROM history WHERE seq > ${after}
      `.execute(db),
    );
    return rows[0] ?? { newest: 0, count: 0, writers: [] };
  }
}
