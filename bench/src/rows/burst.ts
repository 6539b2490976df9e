import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { Bench } from '../bench.ts';
import { countStatements } from '../measure/count-statements.ts';
import { interleave } from '../measure/interleave.ts';
import { toRow } from '../measure/row.ts';
import { timed } from '../measure/timed.ts';
import { finishPlain, startPlain, type PlainContainer } from '../peers/plain-docker.ts';
import { openDockerPlane } from '../world/docker-plane.ts';
import { keepWarm } from '../world/warm-pool.ts';
import { dockerRun, submitToFirstByte } from './cold.ts';

const COMMAND = ['echo', 'hello'];

/** Jobs that are all submitted at once, each to a worker that waits; and what it costs that they wait. */
export const burst: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world, { keepsPools: true });
  const docker = await world.docker();
  const count = effort.of(8, 2);
  const idleMs = effort.of(5000, 200);
  const before = await idleCost(idleMs);
  const pool = await keepWarm(own, world.image, count);
  const during = await idleCost(idleMs);
  const all = <Result>(work: () => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: count }, work));
  const samples = await interleave(
    {
      ours: async () => {
        await pool.full();
        return Math.max(...(await all(() => submitToFirstByte(own, { image: world.image, command: COMMAND }))));
      },
      plain: async () => {
        const started: PlainContainer[] = [];
        const took = await timed(() =>
          all(async () => {
            const container = await startPlain(docker, world.image, COMMAND);
            started.push(container);
            await once(container.output, 'data');
          }),
        );
        await Promise.all(started.map(finishPlain));
        return took;
      },
      cli: async () => Math.max(...(await all(() => dockerRun(world.image, COMMAND)))),
    },
    { rounds: effort.of(7, 1), warmUp: effort.of(1, 0) },
  );
  const what = `burst of ${count} jobs, one waiting worker each: submit to the last one's first byte`;
  return [
    toRow({
      name: 'burst',
      what,
      unit: 'ms',
      ours: samples.ours,
      against: { name: 'dockerode create + attach + start, all at once', samples: samples.plain },
    }),
    toRow({
      name: 'burst-cli',
      what,
      unit: 'ms',
      ours: samples.ours,
      against: { name: 'docker run --rm, all at once', samples: samples.cli },
    }),
    toRow({
      name: 'burst-idle-cpu',
      what: `CPU of an instance that keeps ${count} workers waiting`,
      unit: '% of a core',
      ours: [during.cpuPercent],
      against: { name: 'the same without a pool', samples: [before.cpuPercent] },
    }),
    toRow({
      name: 'burst-idle-statements',
      what: `statements of an instance that keeps ${count} workers waiting`,
      unit: '/s',
      ours: [during.statements],
      against: { name: 'the same without a pool', samples: [before.statements] },
    }),
  ];
};

/** What this process, with its control plane, does while nothing happens. */
async function idleCost(forMs: number): Promise<{ readonly cpuPercent: number; readonly statements: number }> {
  const start = process.cpuUsage();
  const statements = await countStatements(() => delay(forMs));
  const { user, system } = process.cpuUsage(start);
  return { cpuPercent: (user + system) / 10 / forMs, statements: (statements * 1000) / forMs };
}
