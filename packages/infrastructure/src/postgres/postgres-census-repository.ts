import { sql } from 'kysely';
import {
  EVERY_JOB,
  HodeiError,
  parseJobState,
  parseProviderId,
  parseWorkerState,
  WAITING_CLASSES,
  type Census,
  type CensusRepository,
  type EpochMs,
  type WaitingClass,
} from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { IS_PENDING } from './jobs/placement.ts';
import { timestamp } from './rows/values.ts';

/** The row that counts instances, among those of jobs. */
const INSTANCES = 'instances';

interface JobCount {
  readonly queue: string | null;
  readonly state: string;
  readonly waits_for: string | null;
  readonly jobs: number;
  readonly since: number | null;
}

interface WorkerCount {
  readonly provider_id: string;
  readonly pool: string | null;
  readonly state: string;
  readonly workers: number;
  readonly idle: number;
}

/** Counts what lives in Postgres: two statements, along the partial indexes of what is pending, owned and live. */
export class PostgresCensusRepository implements CensusRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async take(at: EpochMs): Promise<Census> {
    const [rows, workers] = await Promise.all([this.#countJobs(at), this.#countWorkers()]);
    const jobs = rows.filter(({ state }) => state !== INSTANCES);
    const since = jobs.flatMap((row) => (row.since === null ? [] : [row.since]));
    return {
      waiting: jobs
        .filter(({ state }) => state === 'pending')
        .map((row) => ({ ...queueOf(row), waitsFor: parseWaitingClass(row.waits_for), jobs: row.jobs })),
      ...(since.length === 0 ? {} : { oldestWaitingSince: Math.min(...since) }),
      inFlight: jobs.flatMap((row) => {
        const state = parseJobState(row.state);
        return state === 'scheduled' || state === 'running' ? [{ ...queueOf(row), state, jobs: row.jobs }] : [];
      }),
      workers: workers.flatMap((row) => {
        const state = parseWorkerState(row.state);
        if (state === 'terminated') return [];
        const providerId = parseProviderId(row.provider_id);
        const pool = row.pool === null ? {} : { pool: row.pool };
        return [{ providerId, ...pool, state, workers: row.workers, idle: row.idle }];
      }),
      instances: rows.find(({ state }) => state === INSTANCES)?.jobs ?? 0,
    };
  }

  /** The order of the reasons is that of the application's `waitingFor`. */
  async #countJobs(at: EpochMs): Promise<readonly JobCount[]> {
    const now = timestamp(at);
    const { rows } = await this.#database.run((db) =>
      sql<JobCount>`
        WITH live AS MATERIALIZED (
          SELECT count(*) AS instances FROM instances WHERE lease_expires_at > clock_timestamp()
        ), in_flight AS MATERIALIZED (
          SELECT queue, concurrency_key AS key, state, count(*) AS jobs FROM jobs WHERE epoch IS NOT NULL GROUP BY 1, 2, 3
        ), full_key AS MATERIALIZED (
          SELECT key FROM key_limits
          WHERE max_in_flight <= (SELECT coalesce(sum(jobs), 0) FROM in_flight WHERE key_limits.key IN (${EVERY_JOB}, in_flight.key))
        ), lane AS MATERIALIZED (
          SELECT name, paused,
                 coalesce(max_in_flight <= (SELECT coalesce(sum(jobs), 0) FROM in_flight WHERE in_flight.queue = name), false) AS is_full
          FROM queues
        ), pending AS (
          SELECT CASE WHEN queue = 'default' OR lane.name IS NOT NULL THEN queue END AS queue,
                 CASE WHEN not_before > ${now} AND refusal IS NULL THEN
                        CASE WHEN EXISTS (SELECT FROM attempts WHERE job_id = jobs.id) THEN 'retry_backoff' ELSE 'not_before' END
                      WHEN not_before > ${now} THEN refusal->>'reason'
                      WHEN coalesce(paused, false) THEN 'queue_paused'
                      WHEN EXISTS (SELECT FROM full_key WHERE key = ${EVERY_JOB}) OR concurrency_key IN (SELECT key FROM full_key) THEN 'key_limit'
                      WHEN coalesce(is_full, false) THEN 'queue_limit'
                      WHEN (SELECT instances FROM live) = 0 THEN 'no_instance'
                      WHEN refusal IS NOT NULL THEN refusal->>'reason'
                      ELSE 'turn' END AS waits_for,
                 CASE WHEN refusal IS NOT NULL THEN created_at
                      WHEN not_before <= ${now} THEN greatest(created_at, not_before) END AS since
          FROM jobs LEFT JOIN lane ON lane.name = queue WHERE ${IS_PENDING}
        )
        SELECT queue, 'pending' AS state, waits_for, count(*) AS jobs, min(since) AS since FROM pending GROUP BY queue, waits_for
        UNION ALL
        SELECT CASE WHEN queue = 'default' OR queue IN (SELECT name FROM queues) THEN queue END, state, NULL, sum(jobs)::bigint, NULL
        FROM in_flight GROUP BY 1, 2
        UNION ALL
        SELECT NULL, ${INSTANCES}, NULL, instances, NULL FROM live
      `.execute(db),
    );
    return rows;
  }

  async #countWorkers(): Promise<readonly WorkerCount[]> {
    const { rows } = await this.#database.run((db) =>
      sql<WorkerCount>`
        SELECT provider_id, pool, state, count(*) AS workers,
               count(*) FILTER (WHERE state = 'ready' AND job_id IS NULL) AS idle
        FROM workers WHERE NOT is_over GROUP BY provider_id, pool, state
      `.execute(db),
    );
    return rows;
  }
}

const queueOf = ({ queue }: JobCount): { readonly queue?: string } => (queue === null ? {} : { queue });

function parseWaitingClass(text: string | null): WaitingClass {
  const known = WAITING_CLASSES.find((one) => one === text);
  if (known !== undefined) return known;
  throw new HodeiError(
    'unknown_value',
    `"${text}" is nothing that a job waits for; known are ${WAITING_CLASSES.join(', ')}`,
  );
}
