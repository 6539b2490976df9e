import type { Migration } from './migration.ts';

/**
 * Gaps in the output, as records without bytes, and what clean-up looks for.
 *
 * The record of a gap `over_limit` has no length of its own: it reaches from its start to what is acknowledged of its
 * stream, so that it need not grow. The unique indexes make the second record of a gap none.
 */
export const outputGaps: Migration = {
  version: 2,
  name: 'output gaps',
  statements: [
    `ALTER TABLE log_chunks
      ADD COLUMN gap_reason text CHECK (gap_reason IN ('log_lost', 'worker_lost', 'over_limit')),
      ADD COLUMN gap_bytes bigint`,
    `CREATE UNIQUE INDEX log_gaps ON log_chunks (attempt_id, stream, start) WHERE gap_reason IS NOT NULL`,
    `CREATE UNIQUE INDEX log_cuts ON log_chunks (attempt_id, stream) WHERE gap_reason = 'over_limit'`,
    `CREATE INDEX log_gaps_by_job ON log_chunks (job_id, seq) WHERE gap_reason IS NOT NULL`,
    `CREATE INDEX jobs_ended ON jobs (finished_at, id) WHERE finished_at IS NOT NULL`,
    `CREATE INDEX workers_by_job ON workers (job_id) WHERE job_id IS NOT NULL`,
  ],
};
