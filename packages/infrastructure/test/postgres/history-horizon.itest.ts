import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openPostgresStore, type PostgresStore } from '../../src/postgres/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let store: PostgresStore;
let slow: Client;

beforeEach(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore(database);
  slow = new Client(database);
  await slow.connect();
});

afterEach(async () => {
  await slow.end();
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const write = (kind: string): Promise<void> => store.repositories.history.append({ at: 0, kind, data: {} });
const horizon = () => store.repositories.history.horizon();
/** Begins a transaction that takes the next number, and leaves it open. */
const beginSlowly = async (): Promise<void> => {
  await slow.query('BEGIN');
  await slow.query(`INSERT INTO history (at, kind, data) VALUES (now(), 'slow', '{}')`);
};
const kinds = async (upToSeq: number): Promise<readonly string[]> =>
  (await store.repositories.history.list({ afterSeq: 0, upToSeq, limit: 100 })).map(({ kind }) => kind);

describe('the horizon of the history', () => {
  it('waits for one that has a lower number and is not committed yet, and then has all in order', async () => {
    await write('first');
    expect(await horizon()).toEqual({ upTo: 1, isPending: false });
    await beginSlowly();
    await write('third');
    for (let i = 0; i < 3; i += 1) expect(await horizon()).toEqual({ upTo: 1, isPending: true });
    await slow.query('COMMIT');
    const { upTo } = await horizon();
    expect(await kinds(upTo)).toEqual(['first', 'slow', 'third']);
  });

  it('goes past a number that was given up', async () => {
    await write('first');
    await horizon();
    await beginSlowly();
    await write('third');
    expect(await horizon()).toEqual({ upTo: 1, isPending: true });
    await slow.query('ROLLBACK');
    const { upTo } = await horizon();
    expect(await kinds(upTo)).toEqual(['first', 'third']);
  });

  it('does not wait for writers that came after the gap', async () => {
    await write('first');
    await horizon();
    await beginSlowly();
    await write('third');
    await horizon();
    await slow.query('ROLLBACK');
    await beginSlowly();
    expect(await horizon()).toEqual({ upTo: 3, isPending: true });
  });

  it('of a process that has just begun waits too', async () => {
    await beginSlowly();
    await write('second');
    expect(await horizon()).toEqual({ upTo: 0, isPending: true });
    await slow.query('COMMIT');
    expect(await kinds((await horizon()).upTo)).toEqual(['slow', 'second']);
  });

  it('misses nothing and gives nothing twice while many write and some give up', async () => {
    let isOver = false;
    const writers = Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 40; i += 1) await write(`${writer}.${i}`);
      }),
    ).then(() => (isOver = true));
    const seen: string[] = [];
    let after = 0;
    while (!isOver || (await horizon()).isPending) {
      await beginSlowly();
      const { upTo } = await horizon();
      const events = await store.repositories.history.list({ afterSeq: after, upToSeq: upTo, limit: 10_000 });
      seen.push(...events.map(({ kind }) => kind));
      after = upTo;
      await slow.query(seen.length % 2 === 0 ? 'ROLLBACK' : 'COMMIT');
    }
    await writers;
    const { upTo } = await horizon();
    const rest = await store.repositories.history.list({ afterSeq: after, upToSeq: upTo, limit: 10_000 });
    seen.push(...rest.map(({ kind }) => kind));
    const all = await store.repositories.history.list({ afterSeq: 0, limit: 10_000 });
    expect(seen).toEqual(all.map(({ kind }) => kind));
    expect(new Set(seen.filter((kind) => kind !== 'slow')).size).toBe(320);
  });
});
