import { sql, type SqlBool } from 'kysely';
import {
  explainHeartbeatRefusal,
  parsePageRequest,
  parseProviderId,
  toPage,
  parseWorkerState,
  transitionWorker,
  WORKER_STATES,
  type Epoch,
  type NewPoolWorker,
  type Page,
  type Load,
  type PoolCounts,
  type ProviderId,
  type Worker,
  type WorkerId,
  type WorkerQuery,
  type WorkerRepository,
  type WorkerState,
} from '@hodei/domain';
import { Batch } from './batches/batch.ts';
import type { Database } from './connection/database.ts';
import { after } from './newest-first.ts';
import { found, refusal } from './refusal.ts';
import { toWorker, type WorkerRow } from './rows/worker-row.ts';
import { workerStatesBefore } from './states.ts';
import { CHANGE_WORKERS, type WorkerChange } from './workers/change-workers.ts';
import { insertForPool } from './workers/insert-for-pool.ts';
import { observeWorkers } from './workers/observe-workers.ts';
import { readLoads } from './workers/read-loads.ts';
import { reportHeartbeat, setWorkerToken } from './workers/report-heartbeat.ts';
import { requestEnd } from './workers/request-end.ts';
import { retireWorker } from './workers/retire-worker.ts';

/** Workers in Postgres. */
export class PostgresWorkerRepository implements WorkerRepository {
  readonly #database: Database;
  readonly #changes: Batch<WorkerChange, true>;

  constructor(database: Database) {
    this.#database = database;
    this.#changes = new Batch(database, CHANGE_WORKERS);
  }

  async get(workerId: WorkerId): Promise<Worker> {
    return toWorker(await this.#read(workerId));
  }

  async list(query: WorkerQuery): Promise<Page<Worker>> {
    const { limit, after: start } = parsePageRequest(query);
    const { states, providerId } = query;
    const rows = await this.#database.run((db) => {
      let workers = db
        .selectFrom('workers')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (start !== undefined) workers = workers.where(after(start));
      if (states !== undefined) workers = workers.where(sql<SqlBool>`state = ANY (${states})`);
      if (providerId !== undefined) workers = workers.where('provider_id', '=', providerId);
      return workers.execute();
    });
    return toPage(rows.map(toWorker), limit);
  }

  loads(): Promise<ReadonlyMap<ProviderId, Load>> {
    return readLoads(this.#database);
  }

  async countByPool(): Promise<ReadonlyMap<string, PoolCounts>> {
    const { rows } = await this.#database.run((db) =>
      sql<PoolCounts & { readonly pool: string }>`
        SELECT pool, count(*) FILTER (WHERE state = 'ready') AS idle, count(*) FILTER (WHERE state IN ('busy', 'draining')) AS busy,
          count(*) FILTER (WHERE state NOT IN ('ready', 'busy', 'draining')) AS other
        FROM workers WHERE pool IS NOT NULL AND NOT is_over GROUP BY pool
      `.execute(db),
    );
    return new Map(rows.map(({ pool, ...counts }) => [pool, counts]));
  }

  async countLive(): Promise<ReadonlyMap<ProviderId, number>> {
    const rows = await this.#database.run((db) =>
      db
        .selectFrom('workers')
        .select((columns) => ['provider_id', columns.fn.countAll<number>().as('count')])
        .where(sql<SqlBool>`NOT is_over`)
        .groupBy('provider_id')
        .execute(),
    );
    return new Map(rows.map(({ provider_id: id, count }) => [parseProviderId(id), count]));
  }

  insertForPool(worker: NewPoolWorker): Promise<Worker> {
    return insertForPool(this.#database, worker);
  }

  async countByState(): Promise<Readonly<Record<WorkerState, number>>> {
    const rows = await this.#database.run((db) =>
      db
        .selectFrom('workers')
        .select((columns) => ['state', columns.fn.countAll<number>().as('count')])
        .groupBy('state')
        .execute(),
    );
    const counts = Object.fromEntries(WORKER_STATES.map((state) => [state, 0])) as Record<WorkerState, number>;
    for (const { state, count } of rows) counts[parseWorkerState(state)] = count;
    return counts;
  }

  observe(look: Parameters<WorkerRepository['observe']>[0]): Promise<readonly Worker[]> {
    return observeWorkers(this.#database, look);
  }

  async requestEnd(request: Parameters<WorkerRepository['requestEnd']>[0]): Promise<Worker> {
    return (await requestEnd(this.#database, request)) ?? this.get(request.workerId);
  }

  async setToken(token: Parameters<WorkerRepository['setToken']>[0]): Promise<void> {
    if (await setWorkerToken(this.#database, token)) return;
    throw explainHeartbeatRefusal(await this.get(token.workerId), token.epoch);
  }

  reportHeartbeat(report: Parameters<WorkerRepository['reportHeartbeat']>[0]): Promise<Worker> {
    return reportHeartbeat(this.#database, report, () => this.get(report.workerId));
  }

  async retire(retired: Parameters<WorkerRepository['retire']>[0]): Promise<Worker> {
    const worker = await retireWorker(this.#database, retired);
    return worker ?? this.#refuse(retired.workerId, retired.epoch, 'idle');
  }

  markReady(ready: Parameters<WorkerRepository['markReady']>[0]): Promise<void> {
    // A busy worker that is ready again is so by the end of its attempt.
    const from = workerStatesBefore('ready').filter((state) => state !== 'busy');
    return this.#change({ ...ready, from, to: 'ready' });
  }

  async transition(change: Parameters<WorkerRepository['transition']>[0]): Promise<void> {
    const to = transitionWorker(change.from, change.to);
    return this.#change({ ...change, from: [change.from], to });
  }

  /** Another statement only where it is refused. */
  async #change(change: WorkerChange): Promise<void> {
    if (await this.#changes.call(change)) return;
    await this.#refuse(change.workerId, change.epoch, change.from.join(' or '));
  }

  async #refuse(workerId: WorkerId, epoch: Epoch, expected: string): Promise<never> {
    const now = await this.#read(workerId);
    const job = now.job_id === null ? '' : ` for job ${now.job_id}`;
    throw refusal('worker', workerId, now, epoch, `is ${now.state}${job}, not ${expected}`);
  }

  async #read(workerId: WorkerId): Promise<WorkerRow> {
    const row = await this.#database.run((db) =>
      db.selectFrom('workers').selectAll().where('id', '=', workerId).executeTakeFirst(),
    );
    return found(row, 'worker', workerId);
  }
}
