import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '@hodei/domain';
import { openPostgresStore } from '../../src/postgres/index.ts';
import { usePostgres } from '../support/use-postgres.ts';

const LOST: Outcome = { cause: 'worker_lost', evidence: {} };

const postgres = usePostgres();

/**
 * A clock that stands in the way of the server's own, and that stops at its second reading until a lock is let go: that
 * is in the middle of the statement that takes jobs over, which has begun to look and has no job yet.
 */
const STOPPING_CLOCK = `
  CREATE SEQUENCE public.readings;
  CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      IF nextval('public.readings') = 2 THEN PERFORM pg_advisory_xact_lock_shared(42); END IF;
      RETURN pg_catalog.clock_timestamp();
    END $$`;

describe('taking over', () => {
  it('takes an attempt along that its former owner begins in that very moment', async () => {
    const { admin, bench, connectionString, store } = postgres();
    const { id } = await bench.scheduledJob();
    const wanted = await bench.newAttempt(id);
    await admin.query(STOPPING_CLOCK);
    const url = new URL(connectionString);
    url.searchParams.set('options', '-c search_path=public,pg_catalog');
    await using slow = await openPostgresStore({ connectionString: url.href });
    await admin.query(`UPDATE instances SET lease_expires_at = now() - interval '1 s' WHERE epoch = $1`, [bench.owner]);
    const { epoch } = await store.repositories.instances.register({ name: 'the next one', leaseMs: 60_000 });
    await admin.query('ALTER SEQUENCE public.readings RESTART');
    await admin.query('SELECT pg_advisory_lock(42)');

    const taking = slow.repositories.ownership.takeOver({ epoch, limit: 10, at: bench.tick() });
    await vi.waitFor(async () => {
      const { rowCount } = await admin.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      expect(rowCount).toBe(1);
    });
    const attempt = await store.repositories.attempts.begin(wanted);
    await admin.query('SELECT pg_advisory_unlock(42)');
    expect((await taking).jobs).toMatchObject([{ id, epoch }]);
    expect((await store.repositories.attempts.get(attempt.id)).epoch).toBe(epoch);
  });

  it('leaves what goes on in a worker to nobody while another transaction has its row', async () => {
    const { admin, bench, peer, store } = postgres();
    const [ready, launched] = [await bench.readied(), await bench.launched()];
    await admin.query(`UPDATE instances SET lease_expires_at = now() - interval '1 s' WHERE epoch = $1`, [bench.owner]);
    const { epoch } = await store.repositories.instances.register({ name: 'the next one', leaseMs: 60_000 });
    const takeOver = () => store.repositories.ownership.takeOver({ epoch, limit: 100, at: bench.tick() });
    await admin.query('BEGIN');
    await admin.query('SELECT FROM workers WHERE id = ANY ($1) FOR UPDATE', [[ready.workerId, launched.workerId]]);
    expect((await takeOver()).jobs.map(({ id }) => id)).toEqual(expect.arrayContaining([ready.jobId, launched.jobId]));
    await admin.query('COMMIT');

    // The jobs are the next one's, and their workers still the former owner's.
    const stale = { code: 'stale_epoch' };
    for (const owner of [bench.owner, epoch]) {
      await expect(bench.markLaunched(ready, owner)).rejects.toMatchObject(stale);
      await expect(bench.finish(launched, LOST, { state: 'failed' }, owner)).rejects.toMatchObject(stale);
    }
    expect((await peer.repositories.attempts.get(launched.id)).outcome).toBeUndefined();

    await takeOver();
    await bench.markLaunched(ready, epoch);
    await bench.finish(launched, LOST, { state: 'failed' }, epoch);
  });
});
