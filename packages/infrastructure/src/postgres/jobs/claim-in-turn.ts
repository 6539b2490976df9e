import { sql } from 'kysely';
import { EVERY_JOB, type JobRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import type { JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { claimed } from './claimed.ts';
import { ANY_IS_HELD, anyIsOverdue, HOLDS_BACK, IS_READY } from './placement.ts';

/** What {@link claimInTurn} did, and saw. */
export interface ClaimedInTurn {
  readonly rows: readonly JobRow[];
  /** Nothing is ready at all. */
  readonly isEmpty: boolean;
  /** The time of a deferred job has come: it is to be made ready. */
  readonly isOverdue: boolean;
}

/**
 * The claim where there is nothing to share out: all that is ready is of one queue and one tenant, and nothing
 * limits it, so turns decide alone. It is one walk along `jobs_ready`; whether it applies is read off both ends of
 * that index. Where it does not apply, it claims nothing.
 *
 * What is asked of an index is asked for its first entry, not by EXISTS: that the planner may answer by reading the
 * table, in the belief that it will soon find something.
 */
export async function claimInTurn(
  database: Database,
  claim: Parameters<JobRepository['claimPending']>[0],
): Promise<ClaimedInTurn> {
  const at = timestamp(claim.at);
  const rows = await database.runOften(
    sql<JobRow & { readonly some: boolean; readonly overdue: boolean }>`
      WITH first AS MATERIALIZED (
        SELECT queue, tenant FROM jobs WHERE ${IS_READY} ORDER BY queue, tenant, turn, id LIMIT 1
      ), last AS MATERIALIZED (
        SELECT queue, tenant FROM jobs WHERE ${IS_READY} ORDER BY queue DESC, tenant DESC, turn DESC, id DESC LIMIT 1
      ), seen AS MATERIALIZED (
        SELECT EXISTS (SELECT FROM first) AS ready,
               ${ANY_IS_HELD} AS held,
               ${anyIsOverdue(at)} AS overdue
      ), lane AS MATERIALIZED (
        SELECT first.* FROM first, last, seen
        WHERE NOT seen.held AND NOT seen.overdue AND first.queue = last.queue AND first.tenant = last.tenant
          AND NOT EXISTS (SELECT FROM queues WHERE name = first.queue AND ${sql.raw(HOLDS_BACK)})
          AND NOT EXISTS (SELECT FROM key_limits WHERE key = ${EVERY_JOB})
      ), due AS (
        SELECT id, 0 AS place FROM jobs
        WHERE ${IS_READY} AND queue = (SELECT queue FROM lane) AND tenant = (SELECT tenant FROM lane)
          AND not_before <= ${at} AND cancel_requested_at IS NULL
          AND (concurrency_key IS NULL OR NOT EXISTS (SELECT FROM key_limits WHERE key = concurrency_key))
        ORDER BY turn, id
        LIMIT ${claim.limit}
        FOR NO KEY UPDATE SKIP LOCKED
      ), ${claimed(claim)}
      SELECT told.*, seen.ready OR seen.held AS some, seen.overdue FROM seen LEFT JOIN told ON true
      ORDER BY told.turn, told.id
    `,
  );
  return {
    rows: rows.filter(({ id }) => id !== null),
    isEmpty: !rows.some(({ some }) => some),
    isOverdue: rows.some(({ overdue }) => overdue),
  };
}
