import { sql, type RawBuilder } from 'kysely';
import { DEFERRED_MS } from '@hodei/domain';

/** The one channel on which all instances hear of changes. */
export const CHANNEL = 'hodei_changes';

/** Tells all instances, on commit, to look at everything again. */
export const announceResync = (): RawBuilder<unknown> => sql`pg_notify(${sql.lit(CHANNEL)}, 'resync')`;

/** Tells of a job's new state when, and only if, its transaction commits: `job <id> <state>`. @param job has its id and state. */
export const announceJob = (job: string): string =>
  `pg_notify('${CHANNEL}', 'job ' || ${job}.id || ' ' || ${job}.state)`;

/** As {@link announceJob}, of a new job: `deferred <id>` where it is not due for a while. @param job has `not_before` and `created_at` too. */
export const announceNewJob = (job: string): string =>
  `pg_notify('${CHANNEL}', CASE WHEN ${job}.state = 'pending' AND ${job}.not_before >= ${job}.created_at + interval '${DEFERRED_MS} ms'
    THEN 'deferred ' || ${job}.id ELSE 'job ' || ${job}.id || ' ' || ${job}.state END)`;

/** As {@link announceJob}, of a cancellation: `cancel <id>`. @param jobId a column. */
export const announceCancel = (jobId: string): RawBuilder<unknown> =>
  sql`pg_notify(${sql.lit(CHANNEL)}, 'cancel ' || ${sql.ref(jobId)})`;

/** Tells of a worker whose end is asked for: `worker <id>`. @param workerId a column. */
export const announceWorker = (workerId: string): RawBuilder<unknown> =>
  sql`pg_notify(${sql.lit(CHANNEL)}, 'worker ' || ${sql.ref(workerId)})`;
