import type { Migration } from './migration.ts';

/**
 * The check for room (see `admission`), once for each statement instead of once for each row: a statement that begins two
 * hundred attempts counted the workers of its provider two hundred times.
 *
 * Where it is not close, no row is locked, so what others are inserting at that moment is not counted. One statement
 * inserts 200 workers at most (`MAX_ITEMS` of a batch), and no more than `max_connections` of them can be under way.
 */
const CHECK_ROOM = `CREATE FUNCTION hodei_check_room_of_all() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    wanted record;
    provider record;
    held record;
    lacks text[];
  BEGIN
    FOR wanted IN
      SELECT provider_id, count(*) AS workers, sum(coalesce((resources->>'cpu')::double precision, 0)) AS cpu,
             sum(coalesce((resources->>'memoryBytes')::double precision, 0)) AS memory
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
      IF cardinality(lacks) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'HD001', MESSAGE = array_to_string(lacks, ', ');
      END IF;
    END LOOP;
    RETURN NULL;
  END $$`;

export const roomByStatement: Migration = {
  version: 18,
  name: 'room by statement',
  statements: [
    CHECK_ROOM,
    `DROP TRIGGER workers_room ON workers`,
    `CREATE TRIGGER workers_room AFTER INSERT ON workers REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION hodei_check_room_of_all()`,
    `DROP FUNCTION hodei_check_room()`,
  ],
};
