import type { Migration } from './migration.ts';

/**
 * No provider gets more workers than it has room for, whoever inserts them: as a trigger, because that holds for
 * every statement that ever inserts a worker, and because in a function each query sees what was committed while the
 * provider's row was waited for. The rule is domain's `lackOfRoom`.
 *
 * The row is locked only where it may be close: no more transactions than `max_connections` can be inserting a
 * worker at once.
 */
const CHECK_ROOM = `CREATE FUNCTION hodei_check_room() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    provider record;
    held record;
    lacks text[] := '{}';
    cpu double precision := coalesce((NEW.resources->>'cpu')::double precision, 0);
    memory double precision := coalesce((NEW.resources->>'memoryBytes')::double precision, 0);
  BEGIN
    SELECT max_workers, (capacity->>'cpu')::double precision AS cpu, (capacity->>'memoryBytes')::double precision AS memory
      INTO provider FROM providers WHERE id = NEW.provider_id;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF (cpu = 0 OR provider.cpu IS NULL) AND (memory = 0 OR provider.memory IS NULL) THEN
      SELECT count(*) AS workers INTO held FROM workers WHERE provider_id = NEW.provider_id AND state <> 'terminated';
      IF held.workers + current_setting('max_connections')::integer <= provider.max_workers THEN RETURN NULL; END IF;
    END IF;
    SELECT max_workers, (capacity->>'cpu')::double precision AS cpu, (capacity->>'memoryBytes')::double precision AS memory
      INTO provider FROM providers WHERE id = NEW.provider_id FOR NO KEY UPDATE;
    SELECT count(*) - 1 AS workers,
           coalesce(sum((resources->>'cpu')::double precision), 0) - cpu AS cpu,
           coalesce(sum((resources->>'memoryBytes')::double precision), 0) - memory AS memory
      INTO held FROM workers WHERE provider_id = NEW.provider_id AND state <> 'terminated';
    IF held.workers >= provider.max_workers THEN
      lacks := lacks || format('full, with %s of %s workers', held.workers, provider.max_workers);
    END IF;
    IF cpu > 0 AND held.cpu + cpu > provider.cpu + 1e-6 THEN
      lacks := lacks || format('%s of %s CPUs are promised, and %s are asked for', held.cpu, provider.cpu, cpu);
    END IF;
    IF memory > 0 AND held.memory + memory > provider.memory THEN
      lacks := lacks || format('%s of %s bytes of memory are promised, and %s are asked for', held.memory, provider.memory, memory);
    END IF;
    IF cardinality(lacks) > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'HD001', MESSAGE = array_to_string(lacks, ', ');
    END IF;
    RETURN NULL;
  END $$`;

/**
 * Queues, limits, fair shares, and when a job may begin.
 *
 * `turn` is domain's `turnOf`, made by the database so that no writer can get it wrong: one that does not know
 * the column writes it too. The literal has a time zone and `timestamptz - timestamptz` knows none, so that the
 * expression is immutable.
 */
export const admission: Migration = {
  version: 5,
  name: 'admission',
  statements: [
    `ALTER TABLE jobs
      ADD COLUMN queue text COLLATE "C" NOT NULL DEFAULT 'default',
      ADD COLUMN tenant text COLLATE "C" NOT NULL DEFAULT '',
      ADD COLUMN concurrency_key text COLLATE "C",
      ADD COLUMN wait_until timestamptz,
      ADD COLUMN deferred boolean NOT NULL DEFAULT false,
      ADD COLUMN held boolean NOT NULL DEFAULT false,
      ADD COLUMN refusal json,
      ADD COLUMN turn double precision NOT NULL GENERATED ALWAYS AS
        (extract(epoch FROM (created_at - timestamptz '1970-01-01 00:00:00+00'))::double precision * 1000 - priority * 60000) STORED`,
    `ALTER TABLE providers ADD COLUMN overcommit jsonb NOT NULL DEFAULT '{}', ADD COLUMN capacity jsonb NOT NULL DEFAULT '{}'`,
    CHECK_ROOM,
    `CREATE TRIGGER workers_room AFTER INSERT ON workers FOR EACH ROW EXECUTE FUNCTION hodei_check_room()`,
    `CREATE TABLE queues (
      name text COLLATE "C" PRIMARY KEY,
      paused boolean NOT NULL,
      weight integer NOT NULL CHECK (weight >= 1),
      max_in_flight integer CHECK (max_in_flight >= 1),
      claims bigint NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE key_limits (
      key text COLLATE "C" PRIMARY KEY,
      max_in_flight integer NOT NULL CHECK (max_in_flight >= 1),
      claims bigint NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE shares (
      parent text COLLATE "C",
      child text COLLATE "C",
      level double precision NOT NULL,
      finish double precision NOT NULL,
      cost double precision NOT NULL,
      PRIMARY KEY (parent, child)
    )`,
    // Jobs that may be claimed as far as their row alone says; those behind a limited key apart, so that no claim
    // steps over a heap of them, and so with those whose time has not come.
    `DROP INDEX jobs_pending`,
    `DROP INDEX jobs_pending_due`,
    `CREATE INDEX jobs_ready ON jobs (queue, tenant, turn, id) WHERE state = 'pending' AND NOT deferred AND NOT held`,
    `CREATE INDEX jobs_held ON jobs (concurrency_key, queue, turn, id) WHERE state = 'pending' AND NOT deferred AND held`,
    `CREATE INDEX jobs_deferred ON jobs (not_before) WHERE state = 'pending' AND deferred`,
    `CREATE INDEX jobs_wait_until ON jobs (wait_until) WHERE state = 'pending' AND wait_until IS NOT NULL AND started_at IS NULL`,
  ],
};
