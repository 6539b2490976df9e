import type { Migration } from './migration.ts';

/**
 * The first schema.
 *
 * The states stand in CHECKs here, so that no tool writes one that this version can't read; a version that adds
 * a state adds a migration. `json` (not `jsonb`) is where a text may hold what `jsonb` refuses, a NUL: in
 * messages that engines and programs wrote.
 */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  statements: [
    `CREATE TABLE installation (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      created_at timestamptz NOT NULL DEFAULT now()
    )`,
    `CREATE SEQUENCE epochs`,
    `CREATE TABLE instances (
      epoch bigint PRIMARY KEY DEFAULT nextval('epochs'),
      name text NOT NULL,
      lease_expires_at timestamptz NOT NULL
    )`,
    `CREATE TABLE providers (
      id uuid PRIMARY KEY,
      name text COLLATE "C" NOT NULL UNIQUE,
      type text NOT NULL,
      mode text NOT NULL CHECK (mode IN ('active', 'maintenance', 'disabled')),
      priority integer NOT NULL,
      max_workers integer NOT NULL,
      labels jsonb NOT NULL,
      settings json NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version integer NOT NULL
    )`,
    // attempt_id is the attempt that has no outcome yet. It makes the job's row the one place on which begin,
    // release, cancel and finish meet, so that each of them can be one compare-and-set.
    `CREATE TABLE jobs (
      id uuid PRIMARY KEY,
      state text NOT NULL
        CHECK (state IN ('pending', 'scheduled', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out')),
      epoch bigint CHECK ((epoch IS NOT NULL) = (state IN ('scheduled', 'running'))),
      attempt_id uuid,
      priority integer NOT NULL,
      name text,
      labels jsonb NOT NULL,
      spec jsonb NOT NULL,
      stdin bytea,
      sealed_secrets bytea,
      created_at timestamptz NOT NULL,
      state_changed_at timestamptz NOT NULL,
      not_before timestamptz NOT NULL,
      started_at timestamptz,
      finished_at timestamptz,
      cancel_requested_at timestamptz,
      cancel_requested_by text,
      outcome json
    )`,
    `CREATE INDEX jobs_pending ON jobs (priority DESC, created_at, id) WHERE state = 'pending'`,
    `CREATE INDEX jobs_pending_due ON jobs (not_before) WHERE state = 'pending'`,
    `CREATE INDEX jobs_owned ON jobs (epoch) WHERE epoch IS NOT NULL`,
    `CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC)`,
    `CREATE INDEX jobs_by_state ON jobs (state, created_at DESC, id DESC)`,
    `CREATE INDEX jobs_by_name ON jobs (name, created_at DESC, id DESC) WHERE name IS NOT NULL`,
    `CREATE INDEX jobs_by_label ON jobs USING gin (labels jsonb_path_ops) WHERE labels <> '{}'`,
    `CREATE TABLE workers (
      id uuid PRIMARY KEY,
      provider_id uuid NOT NULL,
      state text NOT NULL
        CHECK (state IN ('creating', 'connecting', 'ready', 'busy', 'draining', 'terminating', 'terminated')),
      epoch bigint NOT NULL,
      image text NOT NULL,
      resources jsonb NOT NULL,
      job_id uuid REFERENCES jobs (id),
      handle json,
      created_at timestamptz NOT NULL,
      state_changed_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      termination json
    )`,
    `CREATE INDEX workers_live ON workers (provider_id) WHERE state <> 'terminated'`,
    `CREATE INDEX workers_owned ON workers (epoch) WHERE state <> 'terminated'`,
    `CREATE INDEX workers_newest ON workers (created_at DESC, id DESC)`,
    `CREATE TABLE attempts (
      id uuid PRIMARY KEY,
      job_id uuid NOT NULL REFERENCES jobs (id),
      worker_id uuid NOT NULL REFERENCES workers (id),
      provider_id uuid NOT NULL,
      number integer NOT NULL CHECK (number >= 1),
      epoch bigint NOT NULL,
      nonce text NOT NULL,
      phases jsonb NOT NULL,
      stdout_bytes bigint NOT NULL DEFAULT 0,
      stderr_bytes bigint NOT NULL DEFAULT 0,
      warnings json NOT NULL,
      outcome json,
      UNIQUE (job_id, number)
    )`,
    `CREATE UNIQUE INDEX attempts_open ON attempts (job_id) WHERE outcome IS NULL`,
    `CREATE INDEX attempts_by_worker ON attempts (worker_id)`,
    `CREATE TABLE log_chunks (
      job_id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      attempt_id uuid NOT NULL,
      stream text NOT NULL CHECK (stream IN ('stdout', 'stderr')),
      start bigint NOT NULL,
      at timestamptz NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (job_id, seq)
    )`,
    // Compressing costs more time than the disk does, and output arrives faster than pglz takes it.
    `ALTER TABLE log_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL`,
    `CREATE TABLE history (
      seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at timestamptz NOT NULL,
      kind text NOT NULL,
      job_id uuid,
      worker_id uuid,
      provider_id uuid,
      data json NOT NULL
    )`,
    `CREATE INDEX history_by_job ON history (job_id, seq) WHERE job_id IS NOT NULL`,
    `CREATE INDEX history_by_worker ON history (worker_id, seq) WHERE worker_id IS NOT NULL`,
    `CREATE INDEX history_by_provider ON history (provider_id, seq) WHERE provider_id IS NOT NULL`,
  ],
};
