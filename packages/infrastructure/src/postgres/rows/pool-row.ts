import type { Selectable } from 'kysely';
import { parsePoolPolicy, type Pool, type PoolTemplate } from '@hodei/domain';
import type { Schema } from '../schema.ts';

/** A pool as the database gives it. */
export type PoolRow = Selectable<Schema['pools']>;

/** @throws HodeiError `unknown_value` for a policy that this version does not know. */
export function toPool(row: PoolRow): Pool {
  return {
    name: row.name,
    template: row.template as PoolTemplate,
    minIdle: row.min_idle,
    maxIdle: row.max_idle,
    maxWorkers: row.max_workers,
    idleTtlMs: row.idle_ttl_ms,
    maxJobsPerWorker: row.max_jobs_per_worker,
    policy: parsePoolPolicy(row.policy),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}
