import type { Epoch, EpochMs, Outcome, WorkerHandle, WorkerId, WorkerState } from '@hodei/domain';
import { asText, givenAs, type BatchStatement } from '../batches/batch.ts';
import { outcomeFacts, timestamp } from '../rows/values.ts';

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

/**
 * Moves several workers on, each by compare-and-set on its state and epoch, in the order of their ids: the sorted rows
 * drive the join, which has no other way than the primary key.
 */
export const CHANGE_WORKERS: BatchStatement<WorkerChange, object, true> = {
  name: 'hodei_change_workers',
  text: `
    WITH worker AS (
      UPDATE workers SET state = wanted.state, state_changed_at = wanted.at,
        handle = coalesce(wanted.handle::json, workers.handle), termination = coalesce(workers.termination, wanted.termination::json)
      FROM (
        SELECT * FROM ${givenAs(
          'worker_id uuid, epoch bigint, before text[], state text, at timestamptz, handle text, termination text, facts text',
        )} ORDER BY worker_id
      ) AS wanted
      WHERE workers.id = wanted.worker_id AND workers.epoch IS NOT DISTINCT FROM wanted.epoch AND workers.state = ANY (wanted.before)
      RETURNING workers.id, workers.state, workers.state_changed_at, workers.job_id, workers.provider_id, wanted.place, wanted.facts
    ), event AS (
      INSERT INTO history (at, kind, job_id, worker_id, provider_id, data)
      SELECT state_changed_at, 'worker.' || state, job_id, id, provider_id, facts::json FROM worker ORDER BY place
    )
    SELECT place FROM worker`,
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
  toResult: () => true,
};
