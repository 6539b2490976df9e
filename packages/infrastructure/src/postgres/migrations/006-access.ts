import type { Migration } from './migration.ts';

/** Tokens; and of a job, who submitted it, and what its submission's idempotency key stood for. */
export const access: Migration = {
  version: 6,
  name: 'access',
  statements: [
    `CREATE TABLE tokens (
      id text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      secret_hash bytea NOT NULL,
      scopes text[] NOT NULL,
      tenant text COLLATE "C",
      created_at timestamptz NOT NULL,
      created_by text NOT NULL,
      expires_at timestamptz,
      revoked_at timestamptz
    )`,
    `ALTER TABLE jobs ADD COLUMN submitted_by text, ADD COLUMN request_hash text`,
    `CREATE INDEX jobs_by_tenant ON jobs (tenant, created_at DESC, id DESC) WHERE tenant <> ''`,
  ],
};
