import { describeRepositories } from '@hodei/testkit/conformance';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore, type PostgresStore } from '../../src/postgres/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let admin: Client;
let store: PostgresStore;
let peer: PostgresStore;

beforeAll(async () => {
  database = await createTestDatabase();
  const { connectionString } = database;
  admin = new Client({ connectionString });
  await admin.connect();
  [store, peer] = await Promise.all([openPostgresStore({ connectionString }), openPostgresStore({ connectionString })]);
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await peer[Symbol.asyncDispose]();
  await admin.end();
  await database[Symbol.asyncDispose]();
});

describeRepositories('PostgresStore', {
  setup: async () => {
    await admin.query('TRUNCATE installation, instances, providers, jobs, workers, attempts, log_chunks, history');
    return { repositories: store.repositories, peer: peer.repositories };
  },
});
