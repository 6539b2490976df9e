import { sql, type RawBuilder } from 'kysely';
import { EVERY_JOB, type JobSpec } from '@hodei/domain';

/** A condition in SQL. */
type Condition = RawBuilder<boolean>;

/** A job that waits. By these two columns, not by its state: what is indexed changes when it begins to run as little as can be. */
const PENDING = 'epoch IS NULL AND finished_at IS NULL';

/** {@link PENDING}, as part of a statement. */
export const IS_PENDING: RawBuilder<unknown> = sql.raw(PENDING);

/** A job that may begin as far as its own row says, and is behind no limited key; what `jobs_ready` indexes. */
export const READY = `${PENDING} AND NOT deferred AND NOT held`;

/** {@link READY}, as part of a statement. */
export const IS_READY: RawBuilder<unknown> = sql.raw(READY);

/** The same of a job behind a limited key; what `jobs_held` indexes. */
export const IS_HELD: RawBuilder<unknown> = sql`${IS_PENDING} AND NOT deferred AND held`;

/** Whether a job waits behind a limited key. By the beginning of its index: an `EXISTS` is planned without statistics, and reads all. */
export const ANY_IS_HELD: Condition = sql`(SELECT id FROM jobs WHERE ${IS_HELD} ORDER BY concurrency_key, queue, turn, id LIMIT 1) IS NOT NULL`;

/** Whether the time of a deferred job has come; see {@link ANY_IS_HELD}. */
export const anyIsOverdue = (at: Date): Condition =>
  sql`coalesce((SELECT not_before FROM jobs WHERE ${IS_PENDING} AND deferred ORDER BY not_before LIMIT 1) <= ${at}, false)`;

/** Of a queue: only a claim may begin its jobs, if anybody may. */
export const HOLDS_BACK = '(paused OR max_in_flight IS NOT NULL)';

/**
 * True where nothing but its turn keeps a job of this spec back: its queue is neither paused nor limited, and no
 * limit counts it. What is limited goes through `claimPending`, the only one that counts strictly; so whoever
 * starts a job in the statement that inserts it has to ask for this.
 */
export const isUnrestricted = ({ queue, concurrencyKey }: JobSpec): Condition => sql`(
  NOT EXISTS (SELECT FROM queues WHERE name = ${queue} AND ${sql.raw(HOLDS_BACK)})
  AND NOT EXISTS (SELECT FROM key_limits WHERE key IN (${EVERY_JOB}, ${concurrencyKey ?? null}::text))
)`;
