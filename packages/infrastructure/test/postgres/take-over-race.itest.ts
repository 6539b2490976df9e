import { describe, expect, it, vi } from 'vitest';
import { openPostgresStore } from '../../src/postgres/index.ts';
import { usePostgres } from '../support/use-postgres.ts';

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
});
