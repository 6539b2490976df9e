import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { deletePool, submitJob, waitForJob } from '@hodei/application';

import type { Bench } from '../bench.ts';
import { countStatements } from '../measure/count-statements.ts';
import { interleave } from '../measure/interleave.ts';
import { atMost, atMostTimes, toRow } from '../measure/row.ts';
import { inParallel, timed } from '../measure/timed.ts';
import { finishPlain, startPlain } from '../peers/plain-docker.ts';
import { openDockerPlane } from '../world/docker-plane.ts';
import { keepWarm } from '../world/warm-pool.ts';

const COMMAND = ['echo', 'hello'];
/** Where this kind of machine does the most containers a second. */
const AT_ONCE = 6;

/** Jobs that are all submitted at once, many more than workers wait; and what it costs that workers wait. */
export const burst: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world, { keepsPools: true });
  const { context, runner } = own.plane;
  const docker = await world.docker();
  const [jobs, waiting, idle] = [effort.of(50, 4), effort.of(10, 2), effort.of(50, 2)];
  const idleMs = effort.of(5000, 200);
  const before = await idleCost(idleMs);
  await keepWarm(own, world.image, idle);
  const during = await idleCost(idleMs);
  await deletePool(context, 'bench');
  await runner.idle();
  const pool = await keepWarm(own, world.image, waiting);
  const samples = await interleave(
    {
      ours: async () => {
        await pool.full();
        return timed(async () => {
          const all = await Promise.all(
            Array.from({ length: jobs }, () =>
              submitJob(context, { image: world.image, command: COMMAND }, { runner }),
            ),
          );
          await Promise.all(all.map(({ id }) => waitForJob(context, id)));
        });
      },
      plain: async () => {
        await pool.full();
        return timed(() =>
          inParallel(jobs, AT_ONCE, async () => {
            const started = await startPlain(docker, world.image, COMMAND);
            await once(started.output, 'data');
            await finishPlain(started);
          }),
        );
      },
    },
    { rounds: effort.of(3, 1), warmUp: 0 },
  );
  return [
    toRow({
      name: 'burst',
      what: `burst of ${jobs} jobs on a pool of ${waiting}: submit to the end of all`,
      unit: 'ms',
      ours: samples.ours,
      against: { name: `as many containers by dockerode, ${AT_ONCE} at once`, samples: samples.plain },
      target: atMostTimes(1.2),
    }),
    toRow({
      name: 'burst-idle-cpu',
      what: `CPU of an instance that keeps ${idle} workers waiting`,
      unit: '% of a core',
      ours: [during.cpuPercent],
      against: { name: 'the same without a pool', samples: [before.cpuPercent] },
      target: atMost(2),
    }),
    toRow({
      name: 'burst-idle-statements',
      what: `statements of an instance that keeps ${idle} workers waiting`,
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
