import { HodeiClient, type JobDescription } from '@hodei/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { createDatabase } from '../../../scripts/test-support/create-database.ts';
import { openRoundRobin, type RoundRobin } from '../../../scripts/test-support/round-robin.ts';
import { openInstallation, type Installation, type Running } from './support/hodei.ts';

// Two processes that share nothing but a Postgres and a sealing key, as on two hosts.
const KEY = '00'.repeat(32);
let here: Installation;
let servers: readonly Running[];
let balancer: RoundRobin;

beforeAll(async () => {
  here = await openInstallation();
  const database = await createDatabase(inject('postgresAdminUrl'));
  servers = ['a', 'b'].map((name) =>
    here.start(['serve'], {
      HODEI_DATABASE_URL: database,
      HODEI_SEALING_KEY: KEY,
      HODEI_DATA_DIR: `${here.folder}/${name}`,
      // What it runs when it is told to end, the other one takes up at once.
      HODEI_DRAIN_TIMEOUT_MS: '0',
    }),
  );
  const ports = servers.map(async (server) => Number((await server.seenMatch(/listening at \S+:(\d+)\n/))[1]));
  balancer = await openRoundRobin(await Promise.all(ports));
});

afterAll(async () => {
  await balancer[Symbol.asyncDispose]();
  for (const { child } of servers) child.kill('SIGTERM');
  for (const { done } of servers) expect((await done).code).toBe(0);
  await here.close();
});

it('two servers behind a load balancer: one is ended while jobs run, and nobody notices', async () => {
  const clients = Array.from({ length: 4 }, () => new HodeiClient({ baseUrl: balancer.url }));
  const submit = (client: HodeiClient): Promise<JobDescription> =>
    client.jobs.submit(
      {
        image: inject('images').busybox,
        script: 'echo begun $WORD; sleep 3; echo done; exit 3',
        secrets: { WORD: 'sesame' },
      },
      { idempotencyKey: 'the-same-for-all' },
    );
  // Whichever server each of them reaches, it is one job.
  const same = await Promise.all(clients.map(submit));
  expect(new Set(same.map(({ id }) => id)).size).toBe(1);
  const others = await Promise.all(
    clients.map((client) =>
      client.jobs.submit({ image: inject('images').busybox, script: 'echo begun; sleep 3; echo done' }),
    ),
  );
  const ids = [same[0], ...others].map((job) => job?.id ?? '');

  let begun = 0;
  const follow = async (client: HodeiClient, id: string): Promise<string> => {
    let output = '';
    for await (const { bytes } of client.jobs.followOutput(id)) {
      if (output === '') begun += 1;
      // By now both servers have streams, and jobs.
      if (output === '' && begun === ids.length) servers[0]?.child.kill('SIGTERM');
      output += Buffer.from(bytes).toString();
    }
    return output;
  };
  const outputs = await Promise.all(ids.map((id) => follow(new HodeiClient({ baseUrl: balancer.url }), id)));
  expect(outputs).toEqual(['begun ******\ndone\n', ...others.map(() => 'begun\ndone\n')]);

  const ends = await Promise.all(ids.map((id) => new HodeiClient({ baseUrl: balancer.url }).jobs.wait(id)));
  expect(ends.map(({ evidence, attempts }) => [evidence?.exitCode, attempts.length])).toEqual([
    [3, 1],
    ...others.map(() => [0, 1]),
  ]);
  expect((await servers[0]?.done)?.code).toBe(0);
  expect(Math.min(...balancer.taken)).toBeGreaterThan(0);
});
