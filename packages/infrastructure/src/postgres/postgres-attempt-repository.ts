import type { Attempt, AttemptId, AttemptRepository, Job, JobId, NewAttempt, Placement } from '@hodei/domain';
import { beginAttempt } from './attempts/begin-attempt.ts';
import { BEGIN_ATTEMPTS } from './attempts/begin-attempts.ts';
import { explainRefusal } from './attempts/explain-refusal.ts';
import { FINISH_ATTEMPTS } from './attempts/finish-attempts.ts';
import { MARK_LAUNCHES } from './attempts/mark-launches.ts';
import { beginOnWorker } from './attempts/place-on-worker.ts';
import { Batch } from './batches/batch.ts';
import type { Database } from './connection/database.ts';
import { found } from './refusal.ts';
import { toAttempt } from './rows/attempt-row.ts';

/** Attempts in Postgres. */
export class PostgresAttemptRepository implements AttemptRepository {
  readonly #database: Database;
  readonly #beginnings: Batch<NewAttempt, Attempt>;
  readonly #launches: Batch<Parameters<AttemptRepository['markLaunched']>[0], true>;
  readonly #ends: Batch<Parameters<AttemptRepository['finish']>[0], Job>;

  constructor(database: Database) {
    this.#database = database;
    this.#beginnings = new Batch(database, BEGIN_ATTEMPTS);
    this.#launches = new Batch(database, MARK_LAUNCHES);
    this.#ends = new Batch(database, FINISH_ATTEMPTS);
  }

  begin(attempt: NewAttempt): Promise<Attempt> {
    return beginAttempt(this.#database, this.#beginnings, attempt);
  }

  beginOnWorker(jobId: JobId, placement: Placement): Promise<Attempt | undefined> {
    return beginOnWorker(this.#database, jobId, placement);
  }

  async markLaunched(launch: Parameters<AttemptRepository['markLaunched']>[0]): Promise<void> {
    if (await this.#launches.call(launch)) return;
    throw await explainRefusal(this.#database, launch.attemptId, launch.epoch, 'launched');
  }

  async finish(end: Parameters<AttemptRepository['finish']>[0]): Promise<Job> {
    const job = await this.#ends.call(end);
    if (job !== undefined) return job;
    throw await explainRefusal(this.#database, end.attemptId, end.epoch, `finished as ${end.settlement.state}`);
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
