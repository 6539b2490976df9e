import type { Selectable } from 'kysely';
import {
  parseJobId,
  parseProviderId,
  parseWorkerId,
  parseWorkerState,
  type EndRequest,
  type Heartbeat,
  type Resources,
  type Worker,
  type WorkerHandle,
} from '@hodei/domain';
import type { Schema } from '../schema.ts';
import { optional, toOutcome } from './values.ts';

/** A worker as the database gives it. */
export type WorkerRow = Selectable<Schema['workers']>;

/** @throws HodeiError `unknown_value` for a state that this version does not know. */
export function toWorker(row: WorkerRow): Worker {
  return {
    id: parseWorkerId(row.id),
    providerId: parseProviderId(row.provider_id),
    state: parseWorkerState(row.state),
    epoch: row.epoch,
    image: row.image,
    resources: row.resources as Resources,
    createdAt: row.created_at,
    stateChangedAt: row.state_changed_at,
    expiresAt: row.expires_at,
    jobsRun: row.jobs_run,
    ...optional('pool', row.pool),
    ...(row.job_id === null ? {} : { jobId: parseJobId(row.job_id) }),
    ...(row.handle === null ? {} : { handle: row.handle as WorkerHandle }),
    ...optional('idleTimeoutMs', row.idle_timeout_ms),
    ...optional('lastSeenAt', row.last_seen_at),
    ...optional('missingSince', row.missing_since),
    ...optional('trouble', row.trouble),
    ...optional('heartbeat', row.heartbeat as Heartbeat | null),
    ...optional('endRequest', row.end_request as EndRequest | null),
    ...(row.termination === null ? {} : { termination: toOutcome(row.termination) }),
  };
}
