import { describe, expect, it } from 'vitest';
import { usePostgres } from '../support/use-postgres.ts';

const postgres = usePostgres();

/** As a newer version might: without the CHECKs of this one. */
async function writeAs(table: string, column: string, id: string, value: string): Promise<void> {
  await postgres().admin.query(
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_${column}_check, DROP CONSTRAINT IF EXISTS ${table}_check`,
  );
  const { rowCount } = await postgres().admin.query(`UPDATE ${table} SET ${column} = $1 WHERE id = $2`, [value, id]);
  expect(rowCount).toBe(1);
}

const unknown = { name: 'HodeiError', code: 'unknown_value' };

describe('a value that this version does not know is an error that says so, never guessed at:', () => {
  it('the state of a job', async () => {
    const { jobs } = postgres().store.repositories;
    const { id } = await postgres().bench.pendingJob();
    await writeAs('jobs', 'state', id, 'paused');
    await expect(jobs.get(id)).rejects.toMatchObject({ ...unknown, message: expect.stringContaining('"paused"') });
    await expect(jobs.list({ limit: 10 })).rejects.toMatchObject(unknown);
    await expect(jobs.countByState()).rejects.toMatchObject(unknown);
    expect(
      await jobs.claimPending({ epoch: postgres().bench.owner, limit: 1, at: postgres().bench.tick(), only: [id] }),
    ).toEqual([]);
    await expect(postgres().bench.cancel(id)).rejects.toMatchObject(unknown);
    const { rows } = await postgres().admin.query('SELECT state, cancel_requested_at FROM jobs WHERE id = $1', [id]);
    expect(rows).toEqual([{ state: 'paused', cancel_requested_at: null }]);
    await postgres().admin.query('DELETE FROM jobs WHERE id = $1', [id]);
  });

  it('the state of a worker', async () => {
    const { workerId, id } = await postgres().bench.begun();
    await writeAs('workers', 'state', workerId, 'hibernating');
    await expect(postgres().store.repositories.workers.get(workerId)).rejects.toMatchObject(unknown);
    await expect(postgres().store.repositories.workers.list({ limit: 10 })).rejects.toMatchObject(unknown);
    expect(await postgres().store.repositories.workers.countLive()).toEqual(
      new Map([[(await postgres().bench.provider()).id, 1]]),
    );
    await postgres().admin.query('DELETE FROM attempts WHERE id = $1', [id]);
    await postgres().admin.query('DELETE FROM workers WHERE id = $1', [workerId]);
  });

  it('the cause of an end', async () => {
    const { id } = await postgres().bench.ended('failed');
    await writeAs('jobs', 'outcome', id, '{"cause":"bored","evidence":{}}');
    await expect(postgres().store.repositories.jobs.get(id)).rejects.toMatchObject(unknown);
  });

  it('the mode of a provider', async () => {
    const { id } = await postgres().store.repositories.providers.insert(postgres().bench.newProvider());
    await writeAs('providers', 'mode', id, 'asleep');
    await expect(postgres().store.repositories.providers.get(id)).rejects.toMatchObject(unknown);
    await expect(postgres().store.repositories.providers.list()).rejects.toMatchObject(unknown);
  });

  it('the stream of a piece of output', async () => {
    const { id: attemptId, jobId } = await postgres().bench.launched();
    const chunks = [{ stream: 'stdout', offset: 0, bytes: Uint8Array.of(1), at: 1 }] as const;
    await postgres().store.repositories.logs.append({ attemptId, epoch: postgres().bench.owner, chunks });
    await postgres().admin.query(`ALTER TABLE log_chunks DROP CONSTRAINT log_chunks_stream_check`);
    await postgres().admin.query(`UPDATE log_chunks SET stream = 'stdlog' WHERE job_id = $1`, [jobId]);
    await expect(postgres().store.repositories.logs.read({ jobId, afterSeq: 0, maxBytes: 10 })).rejects.toMatchObject(
      unknown,
    );
  });
});

describe('a text that Postgres cannot hold is refused as such:', () => {
  it.each(['a NUL \u0000', 'half a pair \ud800'])('%j in a spec', async (name) => {
    const job = postgres().bench.newJob({ name, requirements: { runtime: name } });
    await expect(postgres().store.repositories.jobs.insert(job)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(postgres().store.repositories.jobs.get(job.id)).rejects.toMatchObject({ code: 'not_found' });
  });
});
