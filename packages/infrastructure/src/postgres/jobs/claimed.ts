import { sql, type RawBuilder } from 'kysely';
import { transitionJob, type JobRepository } from '@hodei/domain';
import { announceJob } from '../announce.ts';
import { timestamp } from '../rows/values.ts';
import { RETURNED_JOB } from './read-job.ts';

/**
 * The end of a claim, as CTEs: takes the rows of the CTE `due` (`id`, `place`), which are held already. `told` has
 * the jobs as they are then, and what else a claim needs to know of them.
 */
export const claimed = ({ epoch, at }: Parameters<JobRepository['claimPending']>[0]): RawBuilder<unknown> => sql`
  claimed AS (
    UPDATE jobs SET state = ${transitionJob('pending', 'scheduled')}, epoch = ${epoch}, state_changed_at = ${timestamp(at)}
    FROM due WHERE jobs.id = due.id AND jobs.state = 'pending'
    RETURNING ${RETURNED_JOB}, jobs.turn, jobs.queue, jobs.tenant, jobs.concurrency_key, due.place
  ), event AS (
    INSERT INTO history (at, kind, job_id, data) SELECT ${timestamp(at)}, 'job.scheduled', id, '{}' FROM claimed
  ), told AS (
    SELECT claimed.*, ${sql.raw(announceJob('claimed'))} FROM claimed
  )`;
