import type { Migration } from './migration.ts';

/**
 * The check for room (see `room by statement`) with the room that is set aside for one job of each provider: domain's
 * `lackOfRoom`. What is set aside for a job that no longer waits, or is over, counts no more, so nobody has to take it
 * back. The moment is that of the insert, as whoever inserts says it.
 */
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
        SELECT count(*) AS workers INTO held FROM workers WHERE provider_id = wanted.provider_id AND state <> 'terminated';
        CONTINUE WHEN held.workers + 200 * current_setting('max_connections')::integer <= provider.max_workers;
      END IF;
      SELECT max_workers, (capacity->>'cpu')::double precision AS cpu, (capacity->>'memoryBytes')::double precision AS memory
        INTO provider FROM providers WHERE id = wanted.provider_id FOR NO KEY UPDATE;
      SELECT count(*) - wanted.workers AS workers,
             coalesce(sum((resources->>'cpu')::double precision), 0) - wanted.cpu AS cpu,
             coalesce(sum((resources->>'memoryBytes')::double precision), 0) - wanted.memory AS memory
        INTO held FROM workers WHERE provider_id = wanted.provider_id AND state <> 'terminated';
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

export const roomSetAside: Migration = {
  version: 20,
  name: 'room set aside',
  statements: [
    // No references: what is kept on a provider or for a job that is no more counts for nothing.
    `CREATE TABLE set_aside (
      provider_id uuid PRIMARY KEY,
      job_id uuid NOT NULL,
      until timestamptz NOT NULL
    )`,
    CHECK_ROOM,
  ],
};
