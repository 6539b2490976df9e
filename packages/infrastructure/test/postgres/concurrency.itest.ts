import { isHodeiError, isTerminalJobState, type Job, type Repositories } from '@hodei/domain';
import { describe, expect, it, vi } from 'vitest';
import { usePostgres } from '../support/use-postgres.ts';

const postgres = usePostgres();

/** Does it, and takes for granted that others may have been first. */
async function attemptTo(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isHodeiError(error, 'conflict', 'stale_epoch')) throw error;
  }
}

/** Claims what there is and takes each job to an end or a retry, while everything else happens to it as well. */
async function runJobs(repositories: Repositories): Promise<void> {
  for (;;) {
    const claimed = await repositories.jobs.claimPending({
      epoch: postgres().bench.owner,
      limit: 4,
      at: postgres().bench.tick() + 1_000_000,
    });
    if (claimed.length === 0) return;
    await Promise.all(claimed.map((job) => runJob(repositories, job)));
  }
}

async function runJob(repositories: Repositories, job: Job): Promise<void> {
  const lost = { cause: 'worker_lost', evidence: {} } as const;
  const giveUp = {
    jobId: job.id,
    epoch: postgres().bench.owner,
    at: postgres().bench.tick(),
    to: { state: 'cancelled', outcome: lost },
  } as const;
  const wanted = await postgres().bench.newAttempt(job.id);
  await attemptTo(() => repositories.attempts.begin(wanted));
  const [attempt] = (await repositories.attempts.listByJob(job.id)).filter(({ outcome }) => outcome === undefined);
  if (attempt === undefined) return attemptTo(() => repositories.jobs.release(giveUp));
  await attemptTo(() => postgres().bench.markReady(attempt));
  // What can meet at the same moment on the same rows, in any order.
  await Promise.all([
    attemptTo(() => postgres().bench.markLaunched(attempt)),
    attemptTo(() => repositories.jobs.release(giveUp)),
    attemptTo(() => postgres().bench.cancel(job.id)),
    attemptTo(() => postgres().bench.finish(attempt, lost, { state: 'pending', notBefore: 0 })),
    attemptTo(async () => {
      const worker = await repositories.workers.get(attempt.workerId);
      await postgres().bench.moveWorker({ ...worker, state: 'ready' }, 'terminating');
    }),
    attemptTo(() =>
      repositories.logs.append({
        attemptId: attempt.id,
        epoch: postgres().bench.owner,
        chunks: [
          {
            stream: 'stdout',
            offset: 0,
            bytes: Uint8Array.of(1),
            at: 1,
          },
        ],
      }),
    ),
  ]);
  await attemptTo(() => postgres().bench.finish(attempt, lost, { state: 'cancelled' }));
}

describe('two stores on one database, with everything at once', () => {
  it('bring every job to one end, every attempt to one outcome, and never deadlock', async () => {
    const jobs = await Promise.all(Array.from({ length: 100 }, () => postgres().bench.pendingJob()));
    await Promise.all(
      [postgres().store, postgres().peer].flatMap(({ repositories }) => [runJobs(repositories), runJobs(repositories)]),
    );

    const { jobs: repository, attempts, workers, history } = postgres().bench.repositories;
    for (const { id } of jobs) {
      const job = await repository.get(id);
      expect(isTerminalJobState(job.state), `${id} is ${job.state}`).toBe(true);
      const tried = await attempts.listByJob(id);
      expect(tried.map(({ number }) => number)).toEqual(tried.map((_, index) => index + 1));
      expect(tried.every(({ outcome }) => outcome !== undefined)).toBe(true);
      for (const { workerId } of tried) expect((await workers.get(workerId)).state).toBe('terminating');
      const ends = (await history.list({ afterSeq: 0, limit: 1000, jobId: id })).filter(
        ({ kind }) => kind === `job.${job.state}`,
      );
      expect(ends).toHaveLength(1);
    }
    const { rows } = await postgres().admin.query(
      `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});

describe('a claim', () => {
  it('passes by a job that someone holds, and does not wait for it', async () => {
    const { admin, bench, store } = postgres();
    const [held, free] = [await bench.pendingJob(), await bench.pendingJob()];
    await admin.query('BEGIN');
    await admin.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [held.id]);
    const claim = { epoch: bench.owner, limit: 1, at: bench.tick(), only: [held.id, free.id] };
    expect((await store.repositories.jobs.claimPending(claim)).map(({ id }) => id)).toEqual([free.id]);
    await admin.query('COMMIT');
    expect((await store.repositories.jobs.claimPending(claim)).map(({ id }) => id)).toEqual([held.id]);
  });
});

describe('claims under a limit', () => {
  it('never add up to more than it, though each counts by a snapshot that is older than its lock', async () => {
    const { admin, bench, store, peer } = postgres();
    await store.repositories.queues.put({ name: 'small', paused: false, weight: 1, maxInFlight: 2 }, bench.tick());
    // So many tenants, that between a claim's snapshot and its lock others come and go.
    await admin.query(`
      INSERT INTO jobs (id, state, priority, labels, spec, created_at, state_changed_at, not_before, queue, tenant)
      SELECT gen_random_uuid(), 'pending', 0, '{}', '{"queue":"small"}', now(), now(), 'epoch', 'small', 'tenant-' || n
      FROM generate_series(1, 1500) AS n`);
    const inFlight = async (): Promise<number> =>
      (await store.repositories.queues.countInFlight({ queue: 'small' })).inQueue;
    const seen: number[] = [];
    const claimAgainAndAgain = async ({ jobs }: Repositories): Promise<void> => {
      while (seen.length < 12) {
        const at = Date.now();
        const claimed = await jobs.claimPending({ epoch: bench.owner, limit: 1, at });
        if (claimed.length > 0) seen.push(await inFlight());
        const to = { state: 'pending', notBefore: 0 } as const;
        for (const { id: jobId } of claimed) await jobs.release({ jobId, epoch: bench.owner, at, to });
      }
    };
    await Promise.all(
      [store, peer, store, peer, store, peer].map(({ repositories }) => claimAgainAndAgain(repositories)),
    );
    expect(Math.max(...seen)).toBeLessThanOrEqual(2);
    await admin.query(`DELETE FROM jobs WHERE queue = 'small'`);
  });
});

describe('the room of a provider', () => {
  it('counts what one statement of another transaction is just inserting, however many that are', async () => {
    const { admin, bench, store } = postgres();
    const { repositories } = store;
    const { rows } = await admin.query<{ most: number }>(`SELECT current_setting('max_connections')::int AS most`);
    // More than there can be transactions, so that a transaction that inserts few may believe that it is not close.
    const maxWorkers = (rows[0]?.most ?? 0) + 100;
    const provider = await repositories.providers.insert(bench.newProvider({ maxWorkers }));
    const wanted = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const attempt = await bench.newAttempt((await bench.scheduledJob()).id, { providerId: provider.id });
        return { ...attempt, worker: { ...attempt.worker, resources: {} } };
      }),
    );
    await admin.query('BEGIN');
    await admin.query(
      `INSERT INTO workers (id, provider_id, state, epoch, image, resources, created_at, state_changed_at, expires_at)
       SELECT gen_random_uuid(), $1, 'creating', $2, 'busybox', '{}', now(), now(), now() FROM generate_series(1, $3)`,
      [provider.id, bench.owner, maxWorkers - 50],
    );
    let settled = false;
    const begun = Promise.allSettled(wanted.map((one) => repositories.attempts.begin(one))).finally(() => {
      settled = true;
    });
    await vi.waitFor(async () => {
      const { rowCount } = await admin.query(`SELECT FROM pg_locks WHERE NOT granted`);
      expect(settled || rowCount !== 0).toBe(true);
    });
    await admin.query('COMMIT');
    const results = await begun;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    expect((await repositories.workers.loads()).get(provider.id)?.workers).toBe(maxWorkers);
  });
});
