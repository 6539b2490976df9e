import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPostgresStore } from '../../src/postgres/index.ts';
import { createTestDatabase, urlOf } from '../support/postgres.ts';
import { usePostgres } from '../support/use-postgres.ts';

const unavailable = { name: 'HodeiError', code: 'database_unavailable', retryable: true };

const postgres = usePostgres();

/** Ends sessions of this database as an administrator or a failing server would. @returns how many. */
async function terminate(which: string): Promise<number> {
  const { rowCount } = await postgres().admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${which}`,
  );
  return rowCount ?? 0;
}

/** Holds a job's row, so that whoever writes it has to wait, until the returned function is called. */
async function holdRow(jobId: string): Promise<() => Promise<unknown>> {
  await postgres().admin.query('BEGIN');
  await postgres().admin.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [jobId]);
  return () => postgres().admin.query('COMMIT');
}

describe('a connection that breaks', () => {
  it('in the middle of a write is database_unavailable; nothing was written, and the next write succeeds', async () => {
    const { id } = await postgres().bench.scheduledJob();
    const letGo = await holdRow(id);
    const cancelled = postgres()
      .bench.cancel(id)
      .catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await terminate(`wait_event_type = 'Lock'`)).toBe(1));
    expect(await cancelled).toMatchObject(unavailable);
    await letGo();
    await vi.waitFor(async () =>
      expect(await postgres().store.repositories.jobs.get(id)).not.toHaveProperty('cancelRequest'),
    );
    // The pool may lend the broken connection once more before it hears of its end.
    await vi.waitFor(async () => expect(await postgres().bench.cancel(id)).toHaveProperty('cancelRequest'));
  });

  it('while it is idle is replaced', async () => {
    const { id } = await postgres().bench.pendingJob();
    expect(await terminate(`application_name = 'hodei'`)).toBeGreaterThan(0);
    await vi.waitFor(() => postgres().store.repositories.jobs.get(id));
  });

  it('while it listens is made again, and then all who watch are told to look at everything', async () => {
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const changes = postgres().store.repositories.changes.watch(ending.signal)[Symbol.asyncIterator]();
    expect(await changes.next()).toMatchObject({ value: [{ kind: 'resync' }] });
    expect(await terminate(`application_name = 'hodei-changes'`)).toBe(1);
    expect(await changes.next()).toMatchObject({ value: [{ kind: 'resync' }] });
    const { id } = await postgres().bench.pendingJob();
    expect(await changes.next()).toMatchObject({ value: [{ kind: 'job', jobId: id }] });
  });
});

describe('a statement that takes too long', () => {
  it('is database_unavailable, and leaves nothing behind', async () => {
    const hasty = await openPostgresStore({ connectionString: postgres().connectionString, statementTimeoutMs: 50 });
    onTestFinished(() => hasty[Symbol.asyncDispose]());
    const { id } = await postgres().bench.scheduledJob();
    const letGo = await holdRow(id);
    const request = { jobId: id, by: 'me', at: postgres().bench.tick() };
    await expect(hasty.repositories.jobs.requestCancel(request)).rejects.toMatchObject(unavailable);
    await letGo();
    expect(await postgres().store.repositories.jobs.get(id)).not.toHaveProperty('cancelRequest');
  });
});

describe('a database that cannot be had', () => {
  const open = (connectionString: string, connectTimeoutMs = 5000): Promise<unknown> =>
    openPostgresStore({ connectionString, connectTimeoutMs });
  const at = (port: number): string => `postgresql://me:s3cret@127.0.0.1:${port}/jobs`;

  it('because nobody answers there is database_unavailable', async () => {
    await expect(open(at(1))).rejects.toMatchObject(unavailable);
    await expect(open('postgresql:///jobs?host=/nowhere')).rejects.toMatchObject(unavailable);
    await expect(open('postgresql://me@no-such-host.invalid/jobs')).rejects.toMatchObject(unavailable);
  });

  it.each([
    ['takes the connection and says nothing', (_socket: Socket) => {}],
    ['hangs up at once', (socket: Socket) => socket.destroy()],
  ])('because the server %s is database_unavailable', async (_what, behave) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      behave(socket);
      onTestFinished(() => void socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await expect(open(at((server.address() as AddressInfo).port), 200)).rejects.toMatchObject(unavailable);
  });

  it('because it does not exist, or the password is wrong, is config_invalid, and no password is told', async () => {
    const wrong = new URL(postgres().connectionString);
    wrong.password = 'wr0ng-s3cret';
    for (const url of [urlOf('no_such_database'), wrong.href]) {
      const error: unknown = await open(url).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'config_invalid' });
      expect(String(error)).not.toContain('s3cret');
    }
  });
});

describe('a store that is closed', () => {
  it('leaves no connection, also with a watch that was never ended', async () => {
    const own = await createTestDatabase();
    const closing = await openPostgresStore({ connectionString: own.connectionString });
    const changes = closing.repositories.changes.watch(new AbortController().signal)[Symbol.asyncIterator]();
    await changes.next();
    const waiting = changes.next();
    await closing[Symbol.asyncDispose]();
    await closing[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ done: true });
    await expect(closing.repositories.jobs.countByState()).rejects.toMatchObject(unavailable);
    // Fails where a connection is left.
    await own[Symbol.asyncDispose]();
  });
});
