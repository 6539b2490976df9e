import type { Selectable } from 'kysely';
import {
  parseAttemptId,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  type Attempt,
  type PhaseTimes,
} from '@hodei/domain';
import type { Schema } from '../schema.ts';
import { toOutcome } from './values.ts';

/** An attempt as the database gives it. */
export type AttemptRow = Selectable<Schema['attempts']>;

export function toAttempt(row: AttemptRow): Attempt {
  return {
    id: parseAttemptId(row.id),
    jobId: parseJobId(row.job_id),
    workerId: parseWorkerId(row.worker_id),
    providerId: parseProviderId(row.provider_id),
    number: row.number,
    epoch: row.epoch,
    nonce: row.nonce,
    phases: row.phases as PhaseTimes,
    acknowledged: { stdout: row.stdout_bytes, stderr: row.stderr_bytes },
    warnings: row.warnings as readonly string[],
    ...(row.outcome === null ? {} : { outcome: toOutcome(row.outcome) }),
  };
}
