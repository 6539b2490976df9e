import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { submitJob } from '@hodei/application';
import type { Attempt, OutputStream } from '@hodei/domain';
import { openPostgresStore } from '@hodei/infrastructure/postgres';
import { RepositoryBench } from '@hodei/testkit/conformance';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { startMemoryPlane } from '../support/memory-plane.ts';
import { openSse } from '../support/sse-client.ts';

// Two servers of one installation: one Postgres, two connections to it, two change feeds.
const cleanUp = new AsyncDisposableStack();
let bench: RepositoryBench;
let servers: readonly { readonly api: MemoryApi; readonly url: string }[];

beforeAll(async () => {
  const connectionString = await createDatabase();
  const stores = [
    cleanUp.use(await openPostgresStore({ connectionString })),
    cleanUp.use(await openPostgresStore({ connectionString })),
  ] as const;
  servers = await Promise.all(
    stores.map(async ({ repositories }) => {
      const api = cleanUp.use(await startMemoryApi({ plane: await startMemoryPlane(repositories) }));
      return { api, url: await api.app.listen({ host: '127.0.0.1', port: 0 }) };
    }),
  );
  bench = await RepositoryBench.open({ repositories: stores[0].repositories, peer: stores[1].repositories });
});
afterAll(() => cleanUp.disposeAsync());

/** Dropped when everything else is closed. */
async function createDatabase(): Promise<string> {
  const url = new URL(inject('postgresAdminUrl'));
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  const name = `hodei_http_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  cleanUp.defer(async () => {
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  });
  url.pathname = `/${name}`;
  return url.href;
}

const urlOf = (index: number): string => servers[index % servers.length]?.url ?? '';

/** Writes random output in pieces. @returns all that was written. */
async function write(attempt: Attempt, pieces: number): Promise<Readonly<Record<OutputStream, Buffer>>> {
  const written: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  const offsets = { stdout: 0, stderr: 0 };
  for (let i = 0; i < pieces; i += 1) {
    const stream: OutputStream = i % 3 === 0 ? 'stderr' : 'stdout';
    const bytes = randomBytes(1 + Math.floor(Math.random() * 4000));
    const chunk = { stream, offset: offsets[stream], bytes, at: Date.now() };
    await bench.repositories.logs.append({ attemptId: attempt.id, epoch: bench.owner, chunks: [chunk] });
    offsets[stream] += bytes.length;
    written[stream].push(bytes);
  }
  return { stdout: Buffer.concat(written.stdout), stderr: Buffer.concat(written.stderr) };
}

/** Follows a job to its end; where it is cut off, or cuts itself off, it goes on at the other server. */
async function follow(
  jobId: string,
  index: number,
  { leavesAfter = Infinity, isSlow = false }: { readonly leavesAfter?: number; readonly isSlow?: boolean },
): Promise<Readonly<Record<OutputStream, Buffer>>> {
  const got: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  const lengths = { stdout: 0, stderr: 0 };
  let last: string | undefined;
  for (let visit = 0; ; visit += 1) {
    const stream = await openSse(`${urlOf(index + visit)}/v1/jobs/${jobId}/logs?follow=true`, last);
    let events = 0;
    for await (const { event, id, data } of stream) {
      if (event === 'end') return { stdout: Buffer.concat(got.stdout), stderr: Buffer.concat(got.stderr) };
      // The database had too much to do; where it goes on is known.
      if (event === 'problem' && data['retryable'] === true) break;
      if (event !== 'output') throw new Error(`${event}: ${JSON.stringify(data)}`);
      const of = data['stream'] as OutputStream;
      if (data['offset'] !== lengths[of])
        throw new Error(`${of} goes on at ${String(data['offset'])}, not ${lengths[of]}`);
      const bytes = Buffer.from(String(data['base64']), 'base64');
      lengths[of] += bytes.length;
      got[of].push(bytes);
      last = id;
      events += 1;
      if (isSlow && events % 10 === 0) await delay(30);
      if (events >= leavesAfter && visit < 3) {
        stream.close();
        break;
      }
    }
  }
}

describe('1,000 followers of one job, through two servers', () => {
  it('get every byte once, also the slow ones, and those that leave and come back elsewhere', async () => {
    const attempt = await bench.launched();
    const followers = Array.from({ length: 1000 }, (_, index) =>
      follow(attempt.jobId, index, {
        ...(index % 10 === 0 ? { leavesAfter: 7 } : {}),
        ...(index % 25 === 0 ? { isSlow: true } : {}),
      }),
    );
    await until(() => servers.reduce((sum, { api }) => sum + api.streams.taken, 0) === 1000);
    const before = process.memoryUsage().rss;
    const written = await write(attempt, 60);
    await bench.finish(attempt, { cause: 'exited', evidence: { exitCode: 0 } }, { state: 'succeeded' });
    const all = await Promise.all(followers);
    const wrong = all.filter(({ stdout, stderr }) => !stdout.equals(written.stdout) || !stderr.equals(written.stderr));
    expect(wrong).toHaveLength(0);
    await until(() => servers.every(({ api }) => api.streams.taken === 0));
    // Followers and servers are one process here, and each follower keeps all that it got.
    const bytes = written.stdout.length + written.stderr.length;
    expect(process.memoryUsage().rss - before).toBeLessThan(1000 * bytes * 4 + 300 * 1024 * 1024);
  }, 120_000);
});

describe('two servers', () => {
  it('wait for a job that the other one took', async () => {
    const [one, two] = servers;
    const job = await submitJob(one?.api.plane.context as never, { command: ['slowly', '50', '3', 'a', 'b'] });
    const answer = await fetch(`${two?.url}/v1/jobs/${job.id}?wait=20s`);
    expect(await answer.json()).toMatchObject({ state: 'failed', evidence: { exitCode: 3 } });
    expect(await (await fetch(`${one?.url}/v1/jobs/${job.id}/logs`)).text()).toBe('ab');
  });

  it('tell of all that happens, once and in order, and go on at the other', async () => {
    const { upTo } = await bench.repositories.history.horizon();
    const first = await openSse(`${urlOf(0)}/v1/events?after=${upTo}`);
    const jobs = Array.from({ length: 10 }, () =>
      submitJob(servers[0]?.api.plane.context as never, { command: ['true'] }),
    );
    const ids = new Set((await Promise.all(jobs)).map(({ id }) => id));
    const seen: { readonly id: number; readonly kind: string; readonly jobId: string }[] = [];
    const take = async (stream: AsyncIterable<{ id?: string; data: object }>, enough: () => boolean): Promise<void> => {
      for await (const { id, data } of stream) {
        const { kind, jobId } = data as { kind: string; jobId: string };
        seen.push({ id: Number(id), kind, jobId });
        if (enough()) return;
      }
    };
    await take(first, () => seen.length === 15);
    first.close();
    const second = await openSse(`${urlOf(1)}/v1/events`, String(seen.at(-1)?.id));
    const ended = () => new Set(seen.filter(({ kind }) => kind === 'job.succeeded').map(({ jobId }) => jobId)).size;
    await take(second, () => ended() === ids.size);
    second.close();
    expect(seen.map(({ id }) => id)).toEqual([...new Set(seen.map(({ id }) => id))].toSorted((a, b) => a - b));
    for (const id of ids) {
      const kinds = seen.filter(({ jobId, kind }) => jobId === id && kind.startsWith('job.')).map(({ kind }) => kind);
      expect(kinds).toEqual(['job.pending', 'job.scheduled', 'job.running', 'job.succeeded']);
    }
  });
});

async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not happen: ${condition.toString()}`);
    await delay(10);
  }
}
