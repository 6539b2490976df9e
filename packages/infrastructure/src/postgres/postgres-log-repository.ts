import type { JobId, LogRecord, LogRepository, StoredOutput } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { appendLogs } from './logs/append-logs.ts';
import { getStored } from './logs/get-stored.ts';
import { LogAnnouncer } from './logs/log-announcer.ts';
import { listGaps } from './logs/list-gaps.ts';
import { readLogs } from './logs/read-logs.ts';

/** The output of jobs in Postgres. */
export class PostgresLogRepository implements LogRepository {
  readonly #database: Database;
  readonly #announcer: LogAnnouncer;

  constructor(database: Database) {
    this.#database = database;
    this.#announcer = new LogAnnouncer(database);
  }

  append(append: Parameters<LogRepository['append']>[0]): Promise<readonly number[]> {
    return appendLogs(this.#database, this.#announcer, append);
  }

  read(query: Parameters<LogRepository['read']>[0]): Promise<readonly LogRecord[]> {
    return readLogs(this.#database, query);
  }

  listGaps(jobId: JobId): Promise<readonly LogRecord[]> {
    return listGaps(this.#database, jobId);
  }

  getStored(query: Parameters<LogRepository['getStored']>[0]): Promise<StoredOutput> {
    return getStored(this.#database, query);
  }
}
