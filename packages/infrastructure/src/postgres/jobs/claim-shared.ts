import { sql, type RawBuilder } from 'kysely';
import { EVERY_JOB, MOST_AHEAD, PRIORITY_POINT_MS, type JobRepository } from '@hodei/domain';
import type { Database } from '../connection/database.ts';
import type { JobRow } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { claimed } from './claimed.ts';
import { IS_HELD, IS_READY } from './placement.ts';

type Claim = Parameters<JobRepository['claimPending']>[0];

/**
 * The claim by domain's `shareOut`, which says what each step is for; one statement.
 *
 * Limits are strict over all claimers and nobody waits: of each limit that counts, the row is locked (one that is
 * locked already leaves no room now), and where the locked row is newer than the one that this statement's snapshot
 * has, what the snapshot counts may be too little, so there is no room either. A claim under a limit makes the row
 * newer (`claims`). What no limit counts locks nothing but its jobs. Where two claimers want the same jobs, one
 * skips what the other holds, and takes some that come after.
 */
export async function claimShared(database: Database, claim: Claim): Promise<readonly JobRow[]> {
  const spare = 2 * claim.limit + 8;
  const { rows } = await database.run((db) =>
    sql<JobRow>`
      WITH RECURSIVE ${lanes(claim)}, ${rooms}, ${candidates(claim, spare)}, ${order(claim.at, spare)}, due AS (
        SELECT jobs.id, ordered.place FROM ordered JOIN jobs ON jobs.id = ordered.id
        WHERE jobs.state = 'pending' AND jobs.cancel_requested_at IS NULL
        ORDER BY ordered.place
        LIMIT (SELECT greatest(0, least(${claim.limit}, room)) FROM every)
        FOR NO KEY UPDATE OF jobs SKIP LOCKED
      ), ${claimed(claim)}, ${charges}
      SELECT * FROM told ORDER BY place
    `.execute(db),
  );
  return rows;
}

/** Which queues and tenants have anything ready, and which limited keys; one step along an index for each. */
function lanes({ only }: Claim): RawBuilder<unknown> {
  if (only !== undefined) {
    const wanted = sql`FROM jobs WHERE id = ANY (${only}::uuid[]) AND state = 'pending'`;
    return sql`
      lane AS MATERIALIZED (SELECT DISTINCT queue, tenant ${wanted}),
      held_lane AS MATERIALIZED (SELECT DISTINCT concurrency_key AS key, queue ${wanted} AND concurrency_key IS NOT NULL)`;
  }
  return sql`
    lane AS (
      (SELECT queue, tenant FROM jobs WHERE ${IS_READY} ORDER BY queue, tenant LIMIT 1)
      UNION ALL
      SELECT next.* FROM lane CROSS JOIN LATERAL (
        SELECT queue, tenant FROM jobs WHERE ${IS_READY} AND (queue, tenant) > (lane.queue, lane.tenant) ORDER BY queue, tenant LIMIT 1
      ) AS next
    ), held_lane AS (
      (SELECT concurrency_key AS key, queue FROM jobs WHERE ${IS_HELD} ORDER BY concurrency_key, queue LIMIT 1)
      UNION ALL
      SELECT next.* FROM held_lane CROSS JOIN LATERAL (
        SELECT concurrency_key, queue FROM jobs WHERE ${IS_HELD} AND (concurrency_key, queue) > (held_lane.key, held_lane.queue)
        ORDER BY concurrency_key, queue LIMIT 1
      ) AS next
    )`;
}

/** How much room each limit leaves. `*_seen` is what the snapshot has, `*_locked` the rows as they are now. */
const rooms = sql`
  queue_seen AS MATERIALIZED (
    SELECT name, claims FROM queues
  ), queue_locked AS MATERIALIZED (
    SELECT name, claims, max_in_flight FROM queues
    WHERE max_in_flight IS NOT NULL AND NOT paused AND name IN (SELECT queue FROM lane UNION SELECT queue FROM held_lane)
    ORDER BY name FOR NO KEY UPDATE SKIP LOCKED
  ), open_queue AS MATERIALIZED (
    SELECT name, weight, NULL::bigint AS room FROM queues WHERE max_in_flight IS NULL AND NOT paused
    UNION ALL
    SELECT DISTINCT queue, 1, NULL::bigint FROM (SELECT queue FROM lane UNION SELECT queue FROM held_lane) AS named
    WHERE NOT EXISTS (SELECT FROM queues WHERE name = queue)
    UNION ALL
    SELECT name, queues.weight, locked.max_in_flight - (SELECT count(*) FROM jobs WHERE epoch IS NOT NULL AND queue = locked.name)
    FROM queue_locked AS locked JOIN queue_seen USING (name, claims) JOIN queues USING (name)
  ), key_seen AS MATERIALIZED (
    SELECT key, claims FROM key_limits
  ), key_locked AS MATERIALIZED (
    SELECT key, claims, max_in_flight FROM key_limits WHERE key = ${EVERY_JOB} OR key IN (SELECT key FROM held_lane)
    ORDER BY key FOR NO KEY UPDATE SKIP LOCKED
  ), key_room AS MATERIALIZED (
    SELECT key, max_in_flight - (SELECT count(*) FROM jobs WHERE epoch IS NOT NULL AND (key = ${EVERY_JOB} OR concurrency_key = key)) AS room
    FROM key_locked JOIN key_seen USING (key, claims)
  ), every AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (SELECT FROM key_limits WHERE key = ${EVERY_JOB})
      THEN coalesce((SELECT room FROM key_room WHERE key = ${EVERY_JOB}), 0) ELSE ${2 ** 31 - 1}::bigint END AS room
  )`;

/** The first of each lane, as many as could be taken; with many lanes, fewer of each. */
function candidates({ at, only }: Claim, spare: number): RawBuilder<unknown> {
  const columns = sql`id, tenant, turn, priority`;
  const isDue = sql`not_before <= ${timestamp(at)} AND cancel_requested_at IS NULL`;
  if (only !== undefined) {
    return sql`candidate AS MATERIALIZED (
      SELECT queue, key_limits.key, room AS key_room, id, tenant, turn, priority
      FROM jobs LEFT JOIN key_limits ON key_limits.key = concurrency_key LEFT JOIN key_room ON key_room.key = key_limits.key
      WHERE id = ANY (${only}::uuid[]) AND state = 'pending' AND ${isDue} AND queue IN (SELECT name FROM open_queue)
    )`;
  }
  return sql`
    each AS MATERIALIZED (
      SELECT least(${spare}, greatest(1, 8 * ${spare} / greatest(count(*), 1)))::bigint AS most FROM lane
    ), candidate AS MATERIALIZED (
      SELECT lane.queue, NULL AS key, NULL::bigint AS key_room, job.*
      FROM lane JOIN open_queue ON name = lane.queue CROSS JOIN LATERAL (
        SELECT ${columns} FROM jobs
        WHERE ${IS_READY} AND queue = lane.queue AND tenant = lane.tenant AND ${isDue}
          AND (concurrency_key IS NULL OR NOT EXISTS (SELECT FROM key_limits WHERE key = concurrency_key))
        ORDER BY turn, id LIMIT (SELECT most FROM each)
      ) AS job
      WHERE coalesce(open_queue.room, 1) > 0
      UNION ALL
      SELECT held_lane.queue, held_lane.key, key_room.room, job.*
      FROM held_lane JOIN open_queue ON name = held_lane.queue JOIN key_room ON key_room.key = held_lane.key CROSS JOIN LATERAL (
        SELECT ${columns} FROM jobs
        WHERE ${IS_HELD} AND concurrency_key = held_lane.key AND queue = held_lane.queue AND ${isDue}
        ORDER BY turn, id LIMIT greatest(0, least(${spare}, key_room.room))
      ) AS job
      WHERE coalesce(open_queue.room, 1) > 0
    )`;
}

/** Puts the candidates in their order: keys, tenants, queues. */
const order = (at: number, spare: number): RawBuilder<unknown> => sql`
  per_key AS (
    SELECT *, row_number() OVER (PARTITION BY key ORDER BY turn, id) AS nth FROM candidate
  ), in_lane AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY queue, tenant ORDER BY turn, id) - 1 AS k
    FROM per_key WHERE key IS NULL OR nth <= coalesce(key_room, 0)
  ), tenant_tag AS MATERIALIZED (
    SELECT queue, tenant, ${tagOf(sql`lanes.queue`, sql`lanes.tenant`)} AS tag FROM (SELECT DISTINCT queue, tenant FROM in_lane) AS lanes
  ), queue_tag AS MATERIALIZED (
    SELECT queue, ${tagOf(sql`''`, sql`queues.queue`)} AS tag FROM (SELECT DISTINCT queue FROM in_lane) AS queues
  ), ranked AS (
    SELECT in_lane.*, tenant_tag.tag + k AS tag, least(
      floor((${at}::double precision - turn) / ${PRIORITY_POINT_MS}),
      max(priority) FILTER (WHERE k = 0) OVER (PARTITION BY queue)
    ) AS rank
    FROM in_lane JOIN tenant_tag USING (queue, tenant)
  ), in_queue AS (
    SELECT *, row_number() OVER (PARTITION BY queue ORDER BY rank DESC, tag, turn, id) - 1 AS j FROM ranked
  ), ordered AS MATERIALIZED (
    SELECT in_queue.id, row_number() OVER (ORDER BY queue_tag.tag + j / weight::double precision, turn, in_queue.id) AS place
    FROM in_queue JOIN queue_tag USING (queue) JOIN open_queue ON open_queue.name = queue
    WHERE room IS NULL OR j < room
    ORDER BY place LIMIT ${spare}
  )`;

/** Where a queue or tenant stands in virtual time. */
const tagOf = (parent: RawBuilder<unknown>, child: RawBuilder<unknown>): RawBuilder<unknown> => sql`greatest(
  0, (SELECT max(level) FROM shares WHERE shares.parent = ${parent}),
  (SELECT finish FROM shares WHERE shares.parent = ${parent} AND shares.child = ${child}))`;

/** Makes the limits' rows newer, and charges the shares of those who contended. */
const charges = sql`
  newer_queue AS (
    UPDATE queues SET claims = claims + 1 WHERE max_in_flight IS NOT NULL AND name IN (SELECT queue FROM claimed)
  ), newer_key AS (
    UPDATE key_limits SET claims = claims + 1
    WHERE key IN (SELECT concurrency_key FROM claimed) OR (key = ${EVERY_JOB} AND EXISTS (SELECT FROM claimed))
  ), charged AS (
    INSERT INTO shares (parent, child, level, finish, cost)
    SELECT parent, child, level, least(finish, level + ${MOST_AHEAD}), cost FROM (
      SELECT '' AS parent, queue AS child, (SELECT min(tag) FROM queue_tag) AS level, tag + n / weight AS finish, n / weight AS cost
      FROM (SELECT queue, count(*)::double precision AS n FROM claimed GROUP BY queue) AS counted
      JOIN queue_tag USING (queue) JOIN open_queue ON name = queue
      WHERE (SELECT count(*) > 1 FROM queue_tag)
      UNION ALL
      SELECT queue, tenant, (SELECT min(tag) FROM tenant_tag AS beside WHERE beside.queue = counted.queue), tag + n, n
      FROM (SELECT queue, tenant, count(*)::double precision AS n FROM claimed GROUP BY queue, tenant) AS counted
      JOIN tenant_tag USING (queue, tenant)
      WHERE (SELECT count(*) > 1 FROM tenant_tag AS beside WHERE beside.queue = counted.queue)
    ) AS charge ORDER BY parent, child
    ON CONFLICT (parent, child) DO UPDATE SET
      level = greatest(shares.level, excluded.level),
      finish = least(
        greatest(shares.finish, excluded.finish - excluded.cost) + excluded.cost,
        greatest(shares.level, excluded.level) + ${MOST_AHEAD}
      ),
      cost = excluded.cost
  )`;
