import { RepositoryBench } from '@hodei/testkit/conformance';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../../src/postgres/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** How many jobs wait, and how many are scheduled, beside those that a statement is about. */
const BACKLOG = 2000;
const TAKEN = 100;

let database: TestDatabase;
let admin: Client;

beforeEach(async () => {
  database = await createTestDatabase();
  admin = new Client({ connectionString: database.connectionString });
  await admin.connect();
});

afterEach(async () => {
  await admin.end();
  await database[Symbol.asyncDispose]();
});

/** Jobs that wait, or that this epoch has claimed and not begun, past the store. */
const addJobs = (epoch?: number, notBefore = new Date(0)): Promise<unknown> =>
  admin.query(
    `INSERT INTO jobs (id, state, epoch, priority, labels, spec, created_at, state_changed_at, not_before, deferred)
     SELECT gen_random_uuid(), CASE WHEN $1::bigint IS NULL THEN 'pending' ELSE 'scheduled' END, $1, 0, '{}',
            '{"queue":"default"}', now(), now(), $3, $3 > now() FROM generate_series(1, $2)`,
    [epoch ?? null, BACKLOG, notBefore],
  );

/** What a connection counted is told at the latest when its process ends, a moment after the store let go of it. */
const allCounted = (): Promise<void> =>
  expect
    .poll(
      async () => {
        const { rows } = await admin.query(`
          SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`);
        return rows.length;
      },
      { timeout: 10_000 },
    )
    .toBe(0);

/** How many rows of jobs were read, by an index or without one, once all have told it. */
async function jobRowsRead(): Promise<number> {
  await allCounted();
  const { rows } = await admin.query<{ read: number }>(`
    SELECT (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'jobs')::int
         + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'jobs')::int AS read`);
  return rows[0]?.read ?? Number.NaN;
}

describe('statements whose plan was made when the tables were empty', () => {
  it('claim and begin by reading what they take, however much waits and is scheduled', async () => {
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString, maxConnections: 2 });
      const { repositories } = store;
      const bench = await RepositoryBench.open({ repositories, peer: repositories });
      const claim = (limit: number) =>
        repositories.jobs.claimPending({ epoch: bench.owner, limit, at: Date.now() + 60_000 });
      const begin = async (jobs: Awaited<ReturnType<typeof claim>>) => {
        const wanted = await Promise.all(jobs.map(({ id }) => bench.newAttempt(id)));
        await Promise.all(wanted.map((attempt) => repositories.attempts.begin(attempt)));
      };
      await bench.pendingJob();
      await begin(await claim(1));
      await addJobs();
      await addJobs(bench.owner);
      await admin.query('SELECT pg_stat_reset()');
      await begin(await claim(TAKEN));
    }
    expect(await jobRowsRead()).toBeLessThan(BACKLOG);
  });

  it('begin on a waiting worker by reading the job that is placed, however much the instance owns', async () => {
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString, maxConnections: 2 });
      const { repositories } = store;
      const bench = await RepositoryBench.open({ repositories, peer: repositories });
      const place = async (): Promise<void> => {
        const worker = await bench.waiting();
        const { id } = await bench.pendingJob();
        await repositories.jobs.claimPending({ epoch: bench.owner, limit: 1, at: bench.tick(), only: [id] });
        expect(await repositories.attempts.beginOnWorker(id, bench.placement(worker))).toMatchObject({ jobId: id });
      };
      await place();
      await addJobs(bench.owner);
      await admin.query('SELECT pg_stat_reset()');
      await place();
    }
    expect(await jobRowsRead()).toBeLessThan(BACKLOG);
  });

  it('tell what providers hold without reading jobs, but for those that room is set aside for', async () => {
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString, maxConnections: 2 });
      const loads = () => store.repositories.workers.loads();
      await loads();
      await addJobs();
      await admin.query('SELECT pg_stat_reset()');
      await loads();
    }
    expect(await jobRowsRead()).toBe(0);
  });

  it('look for what has waited too long without reading what waits', async () => {
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString, maxConnections: 2 });
      const expire = () => store.repositories.jobs.expireWaiting({ at: Date.now(), limit: 100 });
      await expire();
      await addJobs();
      await admin.query('SELECT pg_stat_reset()');
      expect(await expire()).toBe(0);
    }
    expect(await jobRowsRead()).toBeLessThan(BACKLOG);
  });

  it('look for what is due, and for what dead instances left, without reading what waits', async () => {
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString, maxConnections: 2 });
      const { instances, jobs, ownership } = store.repositories;
      const { epoch } = await instances.register({
        name: 'heir',
        leaseMs: 60_000,
        keepsPools: false,
        sealingCheck: '',
      });
      const look = async (at: number): Promise<void> => {
        expect(await jobs.outlook(at)).toMatchObject({ isDue: false });
        expect(await ownership.takeOver({ epoch, limit: 100, at })).toEqual({ jobs: [], workers: [] });
      };
      await look(Date.now());
      await addJobs(undefined, new Date(Date.now() + 86_400_000));
      await admin.query('SELECT pg_stat_reset()');
      await look(Date.now());
    }
    expect(await jobRowsRead()).toBeLessThan(BACKLOG);
  });
});

describe('the rows of a job', () => {
  it('change in place, but where it is claimed, where it ends, and where its worker is gone', async () => {
    const jobs = 3;
    {
      await using store = await openPostgresStore({ connectionString: database.connectionString });
      const { repositories } = store;
      const bench = await RepositoryBench.open({ repositories, peer: repositories });
      for (let made = 0; made < jobs; made += 1) await bench.pendingJob();
      for (const { id } of await repositories.jobs.claimPending({
        epoch: bench.owner,
        limit: jobs,
        at: bench.tick(),
      })) {
        const attempt = await bench.beginNext(id);
        await bench.markReady(attempt);
        await bench.markLaunched(attempt);
        await bench.finish(attempt, { cause: 'exited', evidence: { exitCode: 0 } }, { state: 'succeeded' });
        await bench.moveWorker(await repositories.workers.get(attempt.workerId), 'terminated');
      }
    }
    await allCounted();
    const { rows } = await admin.query(`
      SELECT relname AS table, n_tup_upd::int AS changed, n_tup_hot_upd::int AS in_place FROM pg_stat_user_tables
      WHERE relname IN ('jobs', 'workers', 'attempts') ORDER BY relname`);
    expect(rows).toEqual([
      { table: 'attempts', changed: 2 * jobs, in_place: 2 * jobs },
      { table: 'jobs', changed: 4 * jobs, in_place: 2 * jobs },
      { table: 'workers', changed: 4 * jobs, in_place: 3 * jobs },
    ]);
  });
});

it('the index of live workers has all that the load and the check for room sum up', async () => {
  await using _store = await openPostgresStore({ connectionString: database.connectionString });
  // Else an empty table is read as a whole.
  await admin.query('SET enable_seqscan = off; SET enable_bitmapscan = off');
  const { rows } = await admin.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT count(*), sum(cpu), sum(memory_bytes) FROM workers WHERE provider_id = gen_random_uuid() AND NOT is_over`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Only Scan using workers_live');
});
