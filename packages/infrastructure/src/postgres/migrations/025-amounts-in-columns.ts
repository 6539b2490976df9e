import type { Migration } from './migration.ts';

/** The check for room as `versions in place` has it, which reads no amount out of JSON. */
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
      SELECT provider_id, count(*) AS workers, sum(cpu) AS cpu, sum(memory_bytes) AS memory,
             max(created_at) AS at
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
      SELECT count(*) - wanted.workers AS workers, coalesce(sum(cpu), 0) - wanted.cpu AS cpu,
             coalesce(sum(memory_bytes), 0) - wanted.memory AS memory
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
          SELECT count(*) AS workers, coalesce(sum(added.cpu), 0) AS cpu, coalesce(sum(added.memory_bytes), 0) AS memory
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
 * What a worker asked for, in columns of their own: two thirds of a check for room was reading it out of JSON, once for
 * each live worker of the provider. It never changes, so these are written once for each worker.
 */
export const amountsInColumns: Migration = {
  version: 25,
  name: 'amounts in columns',
  statements: [
    `ALTER TABLE workers
      ADD COLUMN cpu double precision NOT NULL GENERATED ALWAYS AS (coalesce((resources->>'cpu')::double precision, 0)) STORED,
      ADD COLUMN memory_bytes double precision NOT NULL
        GENERATED ALWAYS AS (coalesce((resources->>'memoryBytes')::double precision, 0)) STORED`,
    CHECK_ROOM,
    `DROP INDEX workers_live`,
    `CREATE INDEX workers_live ON workers (provider_id, epoch) INCLUDE (cpu, memory_bytes) WHERE NOT is_over`,
  ],
};
