import type { LogRecord, LogRepository } from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { appendLogs } from './logs/append-logs.ts';
import { readLogs } from './logs/read-logs.ts';

/** The output of jobs in Postgres. */
export class PostgresLogRepository implements LogRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  append(append: Parameters<LogRepository['append']>[0]): Promise<void> {
    return appendLogs(this.#database, append);
  }

  read(query: Parameters<LogRepository['read']>[0]): Promise<readonly LogRecord[]> {
    return readLogs(this.#database, query);
  }
}
