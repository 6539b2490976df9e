import type { Migration } from './migration.ts';

/**
 * What is observed of workers, what they say of themselves, and what is asked of them. No column is indexed: the rows
 * that are written every few seconds stay where they are on their pages (HOT).
 */
export const workerRegistry: Migration = {
  version: 3,
  name: 'worker registry',
  statements: [
    `ALTER TABLE workers
      ADD COLUMN last_seen_at timestamptz,
      ADD COLUMN missing_since timestamptz,
      ADD COLUMN trouble text,
      ADD COLUMN idle_timeout_ms bigint,
      ADD COLUMN end_request json,
      ADD COLUMN heartbeat json,
      ADD COLUMN token json`,
  ],
};
