import { join } from 'node:path';

import { submitJob, submitJobs } from '@hodei/application';
import { HodeiClient } from '@hodei/client';
import { openControlPlane, parseSettings } from '@hodei/server';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atLeastTimes, toRow, type Row } from '../measure/row.ts';
import { inParallel, timed } from '../measure/timed.ts';
import { BATCH, CALLERS } from '../peers/queue-side.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { settingsFor } from '../world/docker-plane.ts';
import { startProcess } from '../world/start-process.ts';

/** So many callers that neither side becomes faster with more of them. */
const MANY_CALLERS = 512;
/** So far away that no job of this benchmark begins. */
const LATER_MS = 86_400_000;

/**
 * Submitting over HTTP, to a server in a process of its own, against the same submissions through the application
 * layer in this process. What any service costs that is asked by `fetch` is measured beside them.
 */
export const http: Bench = async (world, effort) => {
  await world.docker();
  await using database = await world.createDatabase();
  const env = { ...settingsFor(world, database.connectionString), HODEI_LISTEN: '127.0.0.1:0' };
  await using server = await listening('run-server.ts', env);
  await using nothing = await listening('run-nothing-server.mjs', env);
  await using plane = await openControlPlane(parseSettings(env), {
    diagnostics: benchDiagnostics((w) => world.say(w)),
  });
  const { context } = plane;
  const { jobs } = new HodeiClient({ baseUrl: server.url });
  const unasked = new HodeiClient({ baseUrl: nothing.url }).jobs;
  const { signal } = new AbortController();
  const notBefore = Date.now() + LATER_MS;
  const job = { image: world.image, command: ['true'] };
  const input = { ...job, notBefore: new Date(notBefore).toISOString() };
  const overHttp = (): Promise<unknown> => jobs.submit(input);
  const direct = (): Promise<unknown> => submitJob(context, { ...job, notBefore });
  const alone = (): Promise<unknown> => jobs.submit(input, { signal });

  const single = await interleave(
    { ours: () => timed(overHttp), direct: () => timed(direct) },
    { rounds: effort.of(500, 5), warmUp: effort.of(50, 1) },
  );
  const rate =
    (submit: () => Promise<unknown>, callers = CALLERS, count = effort.of(800, 32)) =>
    async (): Promise<number> =>
      (count * 1000) / (await timed(() => inParallel(count, callers, submit)));
  const many = await interleave(
    {
      ours: rate(overHttp),
      alone: rate(alone),
      floor: rate(() => unasked.submit(input, { signal })),
      direct: rate(direct),
    },
    { rounds: effort.of(9, 1), warmUp: effort.of(2, 0) },
  );
  const jobsOfMany = effort.of(6400, 64);
  const saturated = await interleave(
    { ours: rate(overHttp, MANY_CALLERS, jobsOfMany), direct: rate(direct, MANY_CALLERS, jobsOfMany) },
    { rounds: effort.of(7, 1), warmUp: effort.of(2, 0) },
  );
  const inputs = Array.from({ length: BATCH }, () => input);
  const submissions = inputs.map(() => ({ input: { ...job, notBefore } }));
  const batches = (submit: () => Promise<unknown>) => async (): Promise<number> =>
    (effort.of(32, 1) * BATCH * 1000) / (await timed(() => inParallel(effort.of(32, 1), 4, submit)));
  const batched = await interleave(
    { ours: batches(() => jobs.submitMany(inputs)), direct: batches(() => submitJobs(context, submissions)) },
    { rounds: effort.of(7, 1), warmUp: effort.of(2, 0) },
  );
  const row = (name: string, what: string, ours: readonly number[], samples = many.direct): Row =>
    toRow({
      name,
      what,
      unit: '/s',
      better: 'higher',
      ours,
      against: { name: 'submitJob in this process', samples },
      ...(samples === saturated.direct ? { target: atLeastTimes(0.8) } : {}),
    });
  return [
    toRow({
      name: 'http-submit',
      what: 'submit over HTTP, durable',
      unit: 'ms',
      ours: single.ours,
      against: { name: 'submitJob in this process', samples: single.direct },
    }),
    row('http-saturated', `submits a second over HTTP, ${MANY_CALLERS} callers`, saturated.ours, saturated.direct),
    row('http-submits', `submits a second over HTTP, ${CALLERS} callers`, many.ours),
    row('http-requests', `the same, a request for each`, many.alone),
    row('http-floor', `the same, answered by a node:http server that does nothing`, many.floor),
    toRow({
      name: 'http-batches',
      what: `submits a second over HTTP, ${BATCH} a call, 4 callers`,
      unit: '/s',
      better: 'higher',
      ours: batched.ours,
      against: { name: 'submitJobs in this process', samples: batched.direct },
      target: atLeastTimes(0.8),
    }),
  ];
};

/** A process that says where it listens, until it is disposed of. */
async function listening(module: string, env: NodeJS.ProcessEnv): Promise<AsyncDisposable & { readonly url: string }> {
  const server = startProcess(join(import.meta.dirname, module), [], { env });
  await server.said('http://');
  const [url = ''] = /http:\S+/.exec(server.stdout()) ?? [];
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.process.stdin?.end();
      await server.ended;
    },
  };
}
