import { sql, type SqlBool } from 'kysely';
import {
  parsePageRequest,
  parseProviderId,
  toPage,
  transitionWorker,
  type NewPoolWorker,
  type Page,
  type ProviderId,
  type Worker,
  type WorkerId,
  type WorkerQuery,
  type WorkerRepository,
} from '@hodei/domain';
import { Batch } from './batches/batch.ts';
import type { Database } from './connection/database.ts';
import { after } from './newest-first.ts';
import { found, refusal } from './refusal.ts';
import { toWorker, type WorkerRow } from './rows/worker-row.ts';
import { workerStatesBefore } from './states.ts';
import { CHANGE_WORKERS, type WorkerChange } from './workers/change-workers.ts';
import { insertForPool } from './workers/insert-for-pool.ts';

/** Workers in Postgres. */
export class PostgresWorkerRepository implements WorkerRepository {
  readonly #database: Database;
  readonly #changes: Batch<WorkerChange, Worker>;

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
    return this.#change({ ...ready, from, to: 'ready' });
  }

  async transition(change: Parameters<WorkerRepository['transition']>[0]): Promise<Worker> {
    const to = transitionWorker(change.from, change.to);
    return this.#change({ ...change, from: [change.from], to });
  }

  /** Another statement only where it is refused. */
  async #change(change: WorkerChange): Promise<Worker> {
    const worker = await this.#changes.call(change);
    if (worker !== undefined) return worker;
    const { workerId, epoch, from } = change;
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
