import { sql, type SqlBool } from 'kysely';
import {
  isTerminalJobState,
  JOB_STATES,
  mayBeginAtOnce,
  parseJobState,
  parsePageRequest,
  toPage,
  type Attempt,
  type EpochMs,
  type Job,
  type JobId,
  type JobQuery,
  type JobRepository,
  type JobState,
  type NewAttempt,
  type NewJob,
  type Outlook,
  type Page,
  type Placement,
} from '@hodei/domain';
import { insertOnWorker } from './attempts/place-on-worker.ts';
import { Batch } from './batches/batch.ts';
import type { Database } from './connection/database.ts';
import { claimPending } from './jobs/claim-pending.ts';
import { expireWaiting } from './jobs/expire-waiting.ts';
import { INSERT_BEGUN, type NewBegun, type StoredBegun } from './jobs/insert-begun.ts';
import { insertJob, readSame } from './jobs/insert-job.ts';
import { INSERT_JOBS } from './jobs/insert-jobs.ts';
import { ANY_IS_HELD, anyIsOverdue, IS_PENDING, IS_READY } from './jobs/placement.ts';
import { readJob } from './jobs/read-job.ts';
import { releaseJob } from './jobs/release-job.ts';
import { requestCancel } from './jobs/request-cancel.ts';
import { after } from './newest-first.ts';
import { found } from './refusal.ts';
import { JOB_COLUMNS, toJob } from './rows/job-row.ts';
import { plainBytes, timestamp } from './rows/values.ts';

/** Jobs in Postgres. */
export class PostgresJobRepository implements JobRepository {
  readonly #database: Database;
  readonly #insertions: Batch<NewJob, Job>;
  readonly #begun: Batch<NewBegun, StoredBegun>;

  constructor(database: Database) {
    this.#database = database;
    this.#insertions = new Batch(database, INSERT_JOBS);
    this.#begun = new Batch(database, INSERT_BEGUN);
  }

  insert(job: NewJob): Promise<Job> {
    return insertJob(this.#database, this.#insertions, job);
  }

  insertOnWorker(
    job: Omit<NewJob, 'claimFor'>,
    placement: Placement,
  ): Promise<{ readonly job: Job; readonly attempt: Attempt } | undefined> {
    return insertOnWorker(this.#database, job, placement);
  }

  async insertBegun(
    job: Omit<NewJob, 'claimFor'>,
    attempt: Omit<NewAttempt, 'jobId'>,
  ): Promise<{ readonly job: Job; readonly attempt?: Attempt }> {
    if (!mayBeginAtOnce(job.spec, job.at)) return { job: await this.insert(job) };
    return (await this.#begun.call({ job, attempt })) ?? { job: await readSame(this.#database, job) };
  }

  get(jobId: JobId): Promise<Job> {
    return readJob(this.#database, jobId);
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const { limit, after: start } = parsePageRequest(query);
    const { states, name, labels, tenant } = query;
    const rows = await this.#database.run((db) => {
      let jobs = db
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (start !== undefined) jobs = jobs.where(after(start));
      if (states !== undefined) jobs = jobs.where(sql<SqlBool>`state = ANY (${states})`);
      // By what is indexed: one index is of those that are over, another of the rest.
      if (states?.every(isTerminalJobState)) jobs = jobs.where(sql<SqlBool>`end_state = ANY (${states})`);
      if (states?.some(isTerminalJobState) === false) jobs = jobs.where('finished_at', 'is', null);
      if (name !== undefined) jobs = jobs.where('name', '=', name);
      // In both, the second condition is what the partial index asks for.
      if (tenant !== undefined) jobs = jobs.where('tenant', '=', tenant).where('tenant', '<>', '');
      if (labels !== undefined && Object.keys(labels).length > 0) {
        jobs = jobs.where(sql<SqlBool>`labels @> ${JSON.stringify(labels)}::jsonb AND labels <> '{}'`);
      }
      return jobs.execute();
    });
    return toPage(rows.map(toJob), limit);
  }

  async countByState(): Promise<Readonly<Record<JobState, number>>> {
    // In two parts, each of which an index has.
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly state: string; readonly count: number }>`
        SELECT state, count(*) AS count FROM jobs WHERE finished_at IS NULL GROUP BY state
        UNION ALL
        SELECT end_state, count(*) FROM jobs WHERE end_state IS NOT NULL GROUP BY end_state
      `.execute(db),
    );
    const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
    for (const { state, count } of rows) counts[parseJobState(state)] = count;
    return counts;
  }

  claimPending(claim: Parameters<JobRepository['claimPending']>[0]): Promise<readonly Job[]> {
    return claimPending(this.#database, claim);
  }

  async outlook(at: EpochMs): Promise<Outlook> {
    const rows = await this.#database.runOften(
      sql<{ readonly isDue: boolean; readonly next: EpochMs | null }>`
        SELECT (SELECT id FROM jobs WHERE ${IS_READY} ORDER BY queue, tenant, turn, id LIMIT 1) IS NOT NULL
          OR ${ANY_IS_HELD}
          OR ${anyIsOverdue(timestamp(at))} AS "isDue",
        least(
          (SELECT not_before FROM jobs WHERE ${IS_PENDING} AND deferred AND not_before > ${timestamp(at)} ORDER BY not_before LIMIT 1),
          (SELECT wait_until FROM jobs WHERE ${IS_PENDING} AND wait_until IS NOT NULL AND started_at IS NULL
             AND wait_until > ${timestamp(at)} ORDER BY wait_until LIMIT 1)
        ) AS next
      `,
    );
    const { isDue = false, next = null } = rows[0] ?? {};
    return { isDue, ...(next === null ? {} : { next }) };
  }

  async countBefore(jobId: JobId, most: number): Promise<number> {
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly before: number }>`
        SELECT (SELECT count(*) FROM (
          SELECT FROM jobs WHERE ${IS_READY} AND queue = mine.queue AND (turn, id) < (mine.turn, mine.id) AND mine.state = 'pending'
          LIMIT ${most}
        ) AS earlier) AS before
        FROM jobs AS mine WHERE id = ${jobId}
      `.execute(db),
    );
    return found(rows[0], 'job', jobId).before;
  }

  expireWaiting(expiry: Parameters<JobRepository['expireWaiting']>[0]): Promise<number> {
    return expireWaiting(this.#database, expiry);
  }

  release(release: Parameters<JobRepository['release']>[0]): Promise<Job> {
    return releaseJob(this.#database, release);
  }

  requestCancel(request: Parameters<JobRepository['requestCancel']>[0]): Promise<Job> {
    return requestCancel(this.#database, request);
  }

  async sealedSecrets(jobId: JobId): Promise<Uint8Array | undefined> {
    const row = await this.#database.run((db) =>
      db.selectFrom('jobs').select('sealed_secrets').where('id', '=', jobId).executeTakeFirst(),
    );
    const { sealed_secrets: sealed } = found(row, 'job', jobId);
    return sealed === null ? undefined : plainBytes(sealed);
  }
}
