import type { HodeiError } from '@hodei/domain';
import { type AttemptId, type Epoch } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { notFound, refusal } from '../refusal.ts';

/** Why a step of an attempt was refused; what all its rows say is read for it. @param step what was tried. */
export async function explainRefusal(
  database: Database,
  attemptId: AttemptId,
  epoch: Epoch,
  step: string,
): Promise<HodeiError> {
  const row = await database.run((db) =>
    db
      .selectFrom('attempts')
      .innerJoin('jobs', 'jobs.id', 'attempts.job_id')
      .innerJoin('workers', 'workers.id', 'attempts.worker_id')
      .select([
        'attempts.epoch',
        'attempts.outcome',
        'jobs.state',
        'jobs.cancel_requested_at',
        'jobs.epoch as jobEpoch',
      ])
      .select(['workers.state as workerState', 'workers.epoch as workerEpoch'])
      .where('attempts.id', '=', attemptId)
      .executeTakeFirst(),
  );
  if (row === undefined) return notFound('attempt', attemptId);
  const ended = row.outcome === null ? '' : 'has ended already, ';
  const cancelled = row.cancel_requested_at === null ? '' : ' and to be cancelled';
  const moved = `${ended}its job is ${row.state}${cancelled}, its worker ${row.workerState}; it can't be ${step}`;
  const stale = [row.epoch, row.jobEpoch, row.workerEpoch].find((owner) => owner !== null && owner !== epoch);
  // An attempt that has ended may well belong to another epoch than its job does by now.
  const owner = row.outcome === null ? (stale ?? epoch) : row.epoch;
  return refusal('attempt', attemptId, { epoch: owner }, epoch, moved);
}
