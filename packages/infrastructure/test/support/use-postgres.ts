import { RepositoryBench } from '@hodei/testkit/conformance';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore, type PostgresStore } from '../../src/postgres/index.ts';
import { createTestDatabase } from './postgres.ts';

/** What the tests of one file share. */
export interface PostgresFixture {
  readonly connectionString: string;
  /** A connection past the stores, to see and do what they don't. */
  readonly admin: Client;
  readonly store: PostgresStore;
  /** Another store on the same database, as another process has it. */
  readonly peer: PostgresStore;
  readonly bench: RepositoryBench;
}

/** A database of this file's own, with two stores on it, while the file's tests run. */
export function usePostgres(): () => PostgresFixture {
  let fixture: PostgresFixture | undefined;
  const cleanUp = new AsyncDisposableStack();

  beforeAll(async () => {
    const { connectionString } = cleanUp.use(await createTestDatabase());
    const admin = new Client({ connectionString });
    await admin.connect();
    cleanUp.defer(() => admin.end());
    const store = cleanUp.use(await openPostgresStore({ connectionString }));
    const peer = cleanUp.use(await openPostgresStore({ connectionString }));
    const bench = await RepositoryBench.open({ repositories: store.repositories, peer: peer.repositories });
    fixture = { connectionString, admin, store, peer, bench };
  });
  afterAll(() => cleanUp.disposeAsync());

  return () => {
    if (fixture === undefined) throw new Error('the database is there only within a test');
    return fixture;
  };
}
