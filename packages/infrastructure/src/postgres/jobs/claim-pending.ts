import { sql } from 'kysely';
import type { Job, JobRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import { toJob } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { claimInTurn } from './claim-in-turn.ts';
import { claimShared } from './claim-shared.ts';
import { IS_PENDING } from './placement.ts';

/** How many jobs whose time has come are made ready in one statement. */
const WAKE_BATCH = 5000;

/**
 * See `JobRepository.claimPending`. One statement where only one queue without limits and one tenant wait; where
 * more do, a second one shares out. Both skip rows that another claimer holds, so claimers neither block each
 * other nor get the same job.
 */
export async function claimPending(
  database: Database,
  claim: Parameters<JobRepository['claimPending']>[0],
): Promise<readonly Job[]> {
  if (claim.limit <= 0) return [];
  if (claim.only !== undefined) return (await claimShared(database, claim)).map(toJob);
  for (;;) {
    const { rows, isEmpty, isOverdue } = await claimInTurn(database, claim);
    if (isOverdue && rows.length === 0) {
      await makeReady(database, claim.at);
      continue;
    }
    return (rows.length > 0 || isEmpty ? rows : await claimShared(database, claim)).map(toJob);
  }
}

/** Takes note that the time of deferred jobs has come; rows that another instance holds are its own to note. */
async function makeReady(database: Database, at: number): Promise<void> {
  await database.run((db) =>
    sql`
      UPDATE jobs SET deferred = false WHERE id IN (
        SELECT id FROM jobs WHERE ${IS_PENDING} AND deferred AND not_before <= ${timestamp(at)}
        ORDER BY not_before LIMIT ${WAKE_BATCH} FOR NO KEY UPDATE SKIP LOCKED
      )
    `.execute(db),
  );
}
