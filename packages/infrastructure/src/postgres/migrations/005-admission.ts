import type { Migration } from './migration.ts';

/**
 * Queues, limits, fair shares, and when a job may begin.
 *
 * `turn` is domain's `turnOf`, made by the database so that no writer can get it wrong: one that does not know
 * the column writes it too. The literal has a time zone and `timestamptz - timestamptz` knows none, so that the
 * expression is immutable.
 */
export const admission: Migration = {
  version: 5,
  name: 'admission',
  statements: [
    `ALTER TABLE jobs
      ADD COLUMN queue text COLLATE "C" NOT NULL DEFAULT 'default',
      ADD COLUMN tenant text COLLATE "C" NOT NULL DEFAULT '',
      ADD COLUMN concurrency_key text COLLATE "C",
      ADD COLUMN wait_until timestamptz,
      ADD COLUMN deferred boolean NOT NULL DEFAULT false,
      ADD COLUMN held boolean NOT NULL DEFAULT false,
      ADD COLUMN refusal json,
      ADD COLUMN turn double precision NOT NULL GENERATED ALWAYS AS
        (extract(epoch FROM (created_at - timestamptz '1970-01-01 00:00:00+00'))::double precision * 1000 - priority * 60000) STORED`,
    `CREATE TABLE queues (
      name text COLLATE "C" PRIMARY KEY,
      paused boolean NOT NULL,
      weight integer NOT NULL CHECK (weight >= 1),
      max_in_flight integer CHECK (max_in_flight >= 1),
      claims bigint NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE key_limits (
      key text COLLATE "C" PRIMARY KEY,
      max_in_flight integer NOT NULL CHECK (max_in_flight >= 1),
      claims bigint NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE shares (
      parent text COLLATE "C",
      child text COLLATE "C",
      level double precision NOT NULL,
      finish double precision NOT NULL,
      cost double precision NOT NULL,
      PRIMARY KEY (parent, child)
    )`,
    // Jobs that may be claimed as far as their row alone says; those behind a limited key apart, so that no claim
    // steps over a heap of them, and so with those whose time has not come.
    `DROP INDEX jobs_pending`,
    `DROP INDEX jobs_pending_due`,
    `CREATE INDEX jobs_ready ON jobs (queue, tenant, turn, id) WHERE state = 'pending' AND NOT deferred AND NOT held`,
    `CREATE INDEX jobs_held ON jobs (concurrency_key, queue, turn, id) WHERE state = 'pending' AND NOT deferred AND held`,
    `CREATE INDEX jobs_deferred ON jobs (not_before) WHERE state = 'pending' AND deferred`,
    `CREATE INDEX jobs_wait_until ON jobs (wait_until) WHERE state = 'pending' AND wait_until IS NOT NULL AND started_at IS NULL`,
  ],
};
