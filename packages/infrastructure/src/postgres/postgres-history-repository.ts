import type { Selectable } from 'kysely';
import {
  parseJobId,
  parseProviderId,
  parseWorkerId,
  type HistoryEvent,
  type HistoryHorizon,
  type HistoryRepository,
} from '@hodei/domain';
import type { Database } from './connection/database.ts';
import { SettledHistory } from './history/settled-history.ts';
import type { Schema } from './schema.ts';
import { timestamp } from './rows/values.ts';

/**
 * The history in Postgres. Events are numbered when they are written, and become visible when their
 * transaction commits. Those of one job or worker are in order, since their rows serialise who writes them.
 */
export class PostgresHistoryRepository implements HistoryRepository {
  readonly #database: Database;
  readonly #horizon: SettledHistory;

  constructor(database: Database) {
    this.#database = database;
    this.#horizon = new SettledHistory(database);
  }

  async append(event: Omit<HistoryEvent, 'seq'>): Promise<void> {
    const { at, kind, jobId = null, workerId = null, providerId = null, data } = event;
    const row = {
      at: timestamp(at),
      kind,
      job_id: jobId,
      worker_id: workerId,
      provider_id: providerId,
      data: JSON.stringify(data),
    };
    await this.#database.run((db) => db.insertInto('history').values(row).execute());
  }

  async list(query: Parameters<HistoryRepository['list']>[0]): Promise<readonly HistoryEvent[]> {
    const { afterSeq, upToSeq, limit, jobId, workerId, providerId } = query;
    const rows = await this.#database.run((db) => {
      let events = db
        .selectFrom('history')
        .selectAll()
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(Math.max(0, limit));
      if (upToSeq !== undefined) events = events.where('seq', '<=', upToSeq);
      if (jobId !== undefined) events = events.where('job_id', '=', jobId);
      if (workerId !== undefined) events = events.where('worker_id', '=', workerId);
      if (providerId !== undefined) events = events.where('provider_id', '=', providerId);
      return events.execute();
    });
    return rows.map(toEvent);
  }

  horizon(): Promise<HistoryHorizon> {
    return this.#horizon.look();
  }
}

function toEvent(row: Selectable<Schema['history']>): HistoryEvent {
  return {
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    data: row.data as HistoryEvent['data'],
    ...(row.job_id === null ? {} : { jobId: parseJobId(row.job_id) }),
    ...(row.worker_id === null ? {} : { workerId: parseWorkerId(row.worker_id) }),
    ...(row.provider_id === null ? {} : { providerId: parseProviderId(row.provider_id) }),
  };
}
