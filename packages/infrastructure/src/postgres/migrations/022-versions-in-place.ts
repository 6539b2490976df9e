import type { Migration } from './migration.ts';

/** The check for room as `room set aside` has it, which finds the workers that live by the column that is indexed now. */
const CHECK_ROOM = `CREATE OR REPLACE FUNCTION hodei_check_room_of_all() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    wanted record;
    provider record;
    held record;
    kept record;
    bound record;
    lacks text[];
  BEGIN
    FOR wanted IN
      SELECT provider_id, count(*) AS workers, sum(coalesce((resources->>'cpu')::double precision, 0)) AS cpu,
             sum(coalesce((resources->>'memoryBytes')::double precision, 0)) AS memory, max(created_at) AS at
      FROM added GROUP BY provider_id ORDER BY provider_id
    LOOP
      lacks := '{}';
      SELECT max_workers, (capacity->>'cpu')::double precision AS cpu, (capacity->>'memoryBytes')::double precision AS memory
        INTO provider FROM providers WHERE id = wanted.provider_id;
      CONTINUE WHEN NOT FOUND;
      IF (wanted.cpu = 0 OR provider.cpu IS NULL) AND (wanted.memory = 0 OR provider.memory IS NULL) THEN
        SELECT count(*) AS workers INTO held FROM workers WHERE provider_id = wanted.provider_id AND NOT is_over;
        CONTINUE WHEN held.workers + 200 * current_setting('max_connections')::integer <= provider.max_workers;
      END IF;
      SELECT max_workers, (capacity->>'cpu')::double precision AS cpu, (capacity->>'memoryBytes')::double precision AS memory
        INTO provider FROM providers WHERE id = wanted.provider_id FOR NO KEY UPDATE;
      SELECT count(*) - wanted.workers AS workers,
             coalesce(sum((resources->>'cpu')::double precision), 0) - wanted.cpu AS cpu,
             coalesce(sum((resources->>'memoryBytes')::double precision), 0) - wanted.memory AS memory
        INTO held FROM workers WHERE provider_id = wanted.provider_id AND NOT is_over;
      IF held.workers + wanted.workers > provider.max_workers THEN
        lacks := lacks || format('full, with %s of %s workers', held.workers, provider.max_workers);
      END IF;
      IF wanted.cpu > 0 AND held.cpu + wanted.cpu > provider.cpu + 1e-6 THEN
        lacks := lacks || format('%s of %s CPUs are promised, and %s are asked for', held.cpu, provider.cpu, wanted.cpu);
      END IF;
      IF wanted.memory > 0 AND held.memory + wanted.memory > provider.memory THEN
        lacks := lacks || format('%s of %s bytes of memory are promised, and %s are asked for', held.memory, provider.memory, wanted.memory);
      END IF;
      IF cardinality(lacks) = 0 THEN
        SELECT jobs.id, jobs.turn, coalesce((spec->'resources'->>'cpu')::double precision, 0) AS cpu,
               coalesce((spec->'resources'->>'memoryBytes')::double precision, 0) AS memory
          INTO kept FROM set_aside JOIN jobs ON jobs.id = set_aside.job_id
          WHERE set_aside.provider_id = wanted.provider_id AND set_aside.until > wanted.at
            AND jobs.state IN ('pending', 'scheduled') AND jobs.attempt_id IS NULL;
        IF FOUND THEN
          SELECT count(*) AS workers, coalesce(sum((added.resources->>'cpu')::double precision), 0) AS cpu,
                 coalesce(sum((added.resources->>'memoryBytes')::double precision), 0) AS memory
            INTO bound FROM added LEFT JOIN jobs ON jobs.id = added.job_id
            WHERE added.provider_id = wanted.provider_id
              AND (added.job_id IS NULL OR (jobs.id <> kept.id AND jobs.turn >= kept.turn));
          IF bound.workers > 0 AND (held.workers + wanted.workers + 1 > provider.max_workers
            OR (bound.cpu > 0 AND kept.cpu > 0 AND held.cpu + wanted.cpu + kept.cpu > provider.cpu + 1e-6)
            OR (bound.memory > 0 AND kept.memory > 0 AND held.memory + wanted.memory + kept.memory > provider.memory)) THEN
            lacks := lacks || format('room is set aside for job %s', kept.id);
          END IF;
        END IF;
      END IF;
      IF cardinality(lacks) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'HD001', MESSAGE = array_to_string(lacks, ', ');
      END IF;
    END LOOP;
    RETURN NULL;
  END $$`;

/**
 * Most steps of a job change nothing that is indexed, so that the new version of a row stays on its page and needs no
 * entry in any index (HOT). So no index mentions `state`, not even in its condition, which is enough to forbid that: a job
 * waits where nobody owns it and it has not finished, and a worker lives until it is over. A page keeps room for the
 * versions to come.
 *
 * `attempts_open` is gone: that a job has one open attempt at most is what `jobs.attempt_id` says, on which every
 * beginning is a compare-and-set. `workers_over` is ordered by what never changes.
 */
export const versionsInPlace: Migration = {
  version: 22,
  name: 'versions in place',
  statements: [
    `DROP INDEX workers_live`,
    `DROP INDEX workers_owned`,
    `DROP INDEX workers_of_pool`,
    `DROP INDEX workers_over`,
    `ALTER TABLE workers SET (fillfactor = 50)`,
    `ALTER TABLE workers ADD COLUMN is_over boolean NOT NULL GENERATED ALWAYS AS (state = 'terminated') STORED`,
    CHECK_ROOM,
    `CREATE INDEX workers_live ON workers (provider_id, epoch) WHERE NOT is_over`,
    `CREATE INDEX workers_of_pool ON workers (pool) WHERE pool IS NOT NULL AND NOT is_over`,
    `CREATE INDEX workers_over ON workers (created_at) WHERE is_over AND job_id IS NULL`,
    `DROP INDEX jobs_ready`,
    `DROP INDEX jobs_held`,
    `DROP INDEX jobs_deferred`,
    `DROP INDEX jobs_wait_until`,
    `DROP INDEX jobs_by_state`,
    `ALTER TABLE jobs SET (fillfactor = 50)`,
    `ALTER TABLE jobs ADD COLUMN end_state text GENERATED ALWAYS AS (CASE WHEN finished_at IS NOT NULL THEN state END) STORED`,
    `CREATE INDEX jobs_ready ON jobs (queue, tenant, turn, id)
      WHERE epoch IS NULL AND finished_at IS NULL AND NOT deferred AND NOT held`,
    `CREATE INDEX jobs_held ON jobs (concurrency_key, queue, turn, id)
      WHERE epoch IS NULL AND finished_at IS NULL AND NOT deferred AND held`,
    `CREATE INDEX jobs_deferred ON jobs (not_before) WHERE epoch IS NULL AND finished_at IS NULL AND deferred`,
    `CREATE INDEX jobs_wait_until ON jobs (wait_until)
      WHERE epoch IS NULL AND finished_at IS NULL AND wait_until IS NOT NULL`,
    `CREATE INDEX jobs_live ON jobs (created_at DESC, id DESC) WHERE finished_at IS NULL`,
    `CREATE INDEX jobs_over ON jobs (end_state, created_at DESC, id DESC) WHERE end_state IS NOT NULL`,
    `ALTER TABLE attempts SET (fillfactor = 50)`,
    `DROP INDEX attempts_open`,
  ],
};
