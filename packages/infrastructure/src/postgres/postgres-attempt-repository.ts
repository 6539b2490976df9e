import type { Attempt, AttemptId, AttemptRepository, Job, JobId, NewAttempt, Placement } from '@hodei/domain';
import { beginAttempt } from './attempts/begin-attempt.ts';
import { finishAttempt } from './attempts/finish-attempt.ts';
import { markLaunched } from './attempts/mark-launched.ts';
import { beginOnWorker } from './attempts/place-on-worker.ts';
import type { Database } from './connection/database.ts';
import { found } from './refusal.ts';
import { toAttempt } from './rows/attempt-row.ts';

/** Attempts in Postgres. */
export class PostgresAttemptRepository implements AttemptRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  begin(attempt: NewAttempt): Promise<Attempt> {
    return beginAttempt(this.#database, attempt);
  }

  beginOnWorker(jobId: JobId, placement: Placement): Promise<Attempt | undefined> {
    return beginOnWorker(this.#database, jobId, placement);
  }

  markLaunched(launch: Parameters<AttemptRepository['markLaunched']>[0]): Promise<void> {
    return markLaunched(this.#database, launch);
  }

  finish(end: Parameters<AttemptRepository['finish']>[0]): Promise<Job> {
    return finishAttempt(this.#database, end);
  }

  async get(attemptId: AttemptId): Promise<Attempt> {
    const row = await this.#database.run((db) =>
      db.selectFrom('attempts').selectAll().where('id', '=', attemptId).executeTakeFirst(),
    );
    return toAttempt(found(row, 'attempt', attemptId));
  }

  async listByJob(jobId: JobId): Promise<readonly Attempt[]> {
    const rows = await this.#database.run((db) =>
      db.selectFrom('attempts').selectAll().where('job_id', '=', jobId).orderBy('number').execute(),
    );
    return rows.map(toAttempt);
  }
}
