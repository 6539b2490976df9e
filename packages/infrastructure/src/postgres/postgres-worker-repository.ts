import { sql, type RawBuilder, type SqlBool } from 'kysely';
import {
  parsePageRequest,
  parseProviderId,
  toPage,
  transitionWorker,
  type Epoch,
  type EpochMs,
  type Outcome,
  type NewPoolWorker,
  type Page,
  type ProviderId,
  type Worker,
  type WorkerId,
  type WorkerQuery,
  type WorkerRepository,
  type WorkerState,
} from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { after } from './newest-first.ts';
import { found, refusal } from './refusal.ts';
import { outcomeFacts, timestamp } from './rows/values.ts';
import { toWorker, type WorkerRow } from './rows/worker-row.ts';
import { workerStatesBefore } from './states.ts';
import { insertForPool } from './workers/insert-for-pool.ts';

/** Workers in Postgres. */
export class PostgresWorkerRepository implements WorkerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
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

  async countLive(): Promise<ReadonlyMap<ProviderId, number>> {
    const rows = await this.#database.run((db) =>
      db
        .selectFrom('workers')
        .select((columns) => ['provider_id', columns.fn.countAll<number>().as('count')])
        .where('state', '<>', 'terminated')
        .groupBy('provider_id')
        .execute(),
    );
    return new Map(rows.map(({ provider_id: id, count }) => [parseProviderId(id), count]));
  }

  insertForPool(worker: NewPoolWorker): Promise<Worker> {
    return insertForPool(this.#database, worker);
  }

  markReady(ready: Parameters<WorkerRepository['markReady']>[0]): Promise<Worker> {
    // A busy worker that is ready again is so by the end of its attempt.
    const from = workerStatesBefore('ready').filter((state) => state !== 'busy');
    return this.#change({ ...ready, from, to: 'ready', set: sql`handle = ${JSON.stringify(ready.handle)}::json` });
  }

  async transition(change: Parameters<WorkerRepository['transition']>[0]): Promise<Worker> {
    const { from, termination } = change;
    const to = transitionWorker(from, change.to);
    const outcome = termination === undefined ? null : JSON.stringify(termination);
    return this.#change({
      ...change,
      from: [from],
      to,
      set: sql`termination = coalesce(termination, ${outcome}::json)`,
    });
  }

  /** One statement; a second one only where it is refused. */
  async #change(change: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly from: readonly WorkerState[];
    readonly to: WorkerState;
    readonly at: EpochMs;
    readonly termination?: Outcome;
    readonly set: RawBuilder<unknown>;
  }): Promise<Worker> {
    const { workerId, epoch, from, to } = change;
    const at = timestamp(change.at);
    const { rows } = await this.#database.run((db) =>
      sql<WorkerRow>`
        WITH worker AS (
          UPDATE workers SET state = ${to}, state_changed_at = ${at}, ${change.set}
          WHERE id = ${workerId} AND epoch = ${epoch} AND state = ANY (${from})
          RETURNING *
        ), event AS (
          INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
          SELECT ${at}, ${`worker.${to}`}, job_id, id, provider_id, ${outcomeFacts(change.termination)}::json FROM worker
        )
        SELECT * FROM worker
      `.execute(db),
    );
    const [row] = rows;
    if (row !== undefined) return toWorker(row);
    const now = await this.#read(workerId);
    throw refusal('worker', workerId, now, epoch, `is ${now.state}, not ${from.join(' or ')}`);
  }

  async #read(workerId: WorkerId): Promise<WorkerRow> {
    const row = await this.#database.run((db) =>
      db.selectFrom('workers').selectAll().where('id', '=', workerId).executeTakeFirst(),
    );
    return found(row, 'worker', workerId);
  }
}
