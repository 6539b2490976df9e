import type { Epoch, EpochMs, Outcome, Worker, WorkerHandle, WorkerId, WorkerState } from '@hodei/domain';
import { asText, givenAs, type BatchStatement } from '../batches/batch.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';
import { toWorker, type WorkerRow } from '../rows/worker-row.ts';

/** A worker's next state. */
export interface WorkerChange {
  readonly workerId: WorkerId;
  readonly epoch: Epoch;
  readonly from: readonly WorkerState[];
  readonly to: WorkerState;
  readonly at: EpochMs;
  readonly handle?: WorkerHandle;
  readonly termination?: Outcome;
}

/** Moves several workers on, each by compare-and-set on its state and epoch. */
export const CHANGE_WORKERS: BatchStatement<WorkerChange, WorkerRow, Worker> = {
  name: 'hodei_change_workers',
  text: `
    WITH held AS MATERIALIZED (
      SELECT g.* FROM workers JOIN ${givenAs(
        'worker_id uuid, epoch bigint, before text[], state text, at timestamptz, handle text, termination text, facts text',
      )} ON workers.id = g.worker_id
      ORDER BY workers.id FOR NO KEY UPDATE OF workers
    ), worker AS (
      UPDATE workers SET state = held.state, state_changed_at = held.at, handle = coalesce(held.handle::json, workers.handle),
        termination = coalesce(workers.termination, held.termination::json)
      FROM held
      WHERE workers.id = held.worker_id AND workers.epoch IS NOT DISTINCT FROM held.epoch AND workers.state = ANY (held.before)
      RETURNING workers.*, held.place, held.facts
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT state_changed_at, 'worker.' || state, job_id, id, provider_id, facts::json FROM worker ORDER BY place
    )
    SELECT * FROM worker`,
  keyOf: ({ workerId }) => workerId,
  toJson: ({ workerId, epoch, from, to, at, handle, termination }) => ({
    worker_id: workerId,
    epoch,
    before: from,
    state: to,
    at: timestamp(at),
    handle: asText(handle),
    termination: asText(termination),
    facts: outcomeFacts(termination),
  }),
  toResult: toWorker,
};
