import type { Migration } from './migration.ts';

/** Pools, and the workers that wait in them: a worker of a pool exists before its job does. */
export const pools: Migration = {
  version: 4,
  name: 'pools',
  statements: [
    `CREATE TABLE pools (
      name text COLLATE "C" PRIMARY KEY,
      template jsonb NOT NULL,
      min_idle integer NOT NULL,
      max_idle integer NOT NULL,
      max_workers integer NOT NULL,
      idle_ttl_ms bigint NOT NULL,
      max_jobs_per_worker integer NOT NULL,
      policy text NOT NULL CHECK (policy IN ('fixed', 'auto')),
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version integer NOT NULL
    )`,
    // No reference: a pool may be forgotten while its last workers are being destroyed.
    `ALTER TABLE workers ADD COLUMN pool text, ADD COLUMN jobs_run integer NOT NULL DEFAULT 0`,
    `ALTER TABLE instances ADD COLUMN keeps_pools boolean NOT NULL DEFAULT false`,
    `CREATE INDEX workers_of_pool ON workers (pool) WHERE pool IS NOT NULL AND state <> 'terminated'`,
  ],
};
