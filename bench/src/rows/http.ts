import { once } from 'node:events';
import { join } from 'node:path';

import { submitJob } from '@hodei/application';
import { HodeiClient } from '@hodei/client';
import { openControlPlane, parseSettings } from '@hodei/server';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atLeastTimes, toRow } from '../measure/row.ts';
import { inParallel, timed } from '../measure/timed.ts';
import { CALLERS } from '../peers/queue-side.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { settingsFor } from '../world/docker-plane.ts';
import { startProcess } from '../world/start-process.ts';

/** So far away that no job of this benchmark begins. */
const LATER_MS = 86_400_000;

/** Submitting over HTTP, to a server in a process of its own, against calling the application layer here. */
export const http: Bench = async (world, effort) => {
  await world.docker();
  await using database = await world.createDatabase();
  const env = { ...settingsFor(world, database.connectionString), HODEI_LISTEN: '127.0.0.1:0' };
  const server = startProcess(join(import.meta.dirname, 'run-server.ts'), [], { env });
  await server.said('http://');
  const [baseUrl = ''] = /http:\S+/.exec(server.stdout()) ?? [];
  const hodei = new HodeiClient({ baseUrl });
  await using plane = await openControlPlane(parseSettings(env), {
    diagnostics: benchDiagnostics((w) => world.say(w)),
  });
  const { context } = plane;
  const notBefore = Date.now() + LATER_MS;
  const command = ['true'];
  const input = { image: world.image, command, notBefore: new Date(notBefore).toISOString() };
  const overHttp = (): Promise<unknown> => hodei.jobs.submit(input);
  const direct = (): Promise<unknown> => submitJob(context, { image: world.image, command, notBefore });

  const single = await interleave(
    { ours: () => timed(overHttp), direct: () => timed(direct) },
    { rounds: effort.of(500, 5), warmUp: effort.of(50, 1) },
  );
  const count = effort.of(500, 10);
  const rate = (submit: () => Promise<unknown>) => async (): Promise<number> =>
    (count * 1000) / (await timed(() => inParallel(count, CALLERS, submit)));
  const many = await interleave(
    { ours: rate(overHttp), direct: rate(direct) },
    { rounds: effort.of(7, 1), warmUp: effort.of(2, 0) },
  );
  const ended = once(server.process, 'close');
  server.process.stdin?.end();
  await ended;
  return [
    toRow({
      name: 'http-submit',
      what: 'submit over HTTP, durable',
      unit: 'ms',
      ours: single.ours,
      against: { name: 'submitJob in this process', samples: single.direct },
    }),
    toRow({
      name: 'http-submits',
      what: `submits a second over HTTP, ${CALLERS} callers`,
      unit: '/s',
      better: 'higher',
      ours: many.ours,
      against: { name: 'submitJob in this process', samples: many.direct },
      target: atLeastTimes(0.8),
    }),
  ];
};
