import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { submitJob, waitForJob } from '@hodei/application';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atLeastTimes, toRow } from '../measure/row.ts';
import { percentile } from '../measure/statistics.ts';
import { inParallel, timed } from '../measure/timed.ts';
import { finishPlain, startPlain } from '../peers/plain-docker.ts';
import { openDockerPlane } from '../world/docker-plane.ts';

const COMMAND = ['true'];
/** Where this kind of machine does the most containers a second. */
const AT_ONCE = [4, 8] as const;
/** So many rounds of each side in this process come first: what is sustained has its code compiled. `docker run` is a new process each time. */
const WARM_UPS = 3;

/** Real containers a second, from create to removed, all submitted at once. */
export const throughput: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world);
  const { context, runner } = own.plane;
  const docker = await world.docker();
  const count = effort.of(24, 3);
  const rate = async (work: () => Promise<unknown>): Promise<number> => (count * 1000) / (await timed(work));
  const plain = (atOnce: number) => (): Promise<number> =>
    rate(() => inParallel(count, atOnce, async () => finishPlain(await startPlain(docker, world.image, COMMAND))));
  const inThisProcess = {
    ours: () =>
      rate(async () => {
        const jobs = await Promise.all(
          Array.from({ length: count }, () => submitJob(context, { image: world.image, command: COMMAND }, { runner })),
        );
        await Promise.all(jobs.map(({ id }) => waitForJob(context, id)));
        await runner.idle();
      }),
    plain4: plain(AT_ONCE[0]),
    plain8: plain(AT_ONCE[1]),
  };
  await interleave(inThisProcess, { rounds: 0, warmUp: effort.of(WARM_UPS, 0) });
  const samples = await interleave(
    {
      ...inThisProcess,
      cli: () => rate(() => inParallel(count, AT_ONCE[0], () => dockerRunToEnd(world.image))),
    },
    { rounds: effort.of(5, 1), warmUp: 0 },
  );
  const best =
    percentile(samples.plain4, 0.5) >= percentile(samples.plain8, 0.5)
      ? { name: `dockerode, ${AT_ONCE[0]} at once`, samples: samples.plain4 }
      : { name: `dockerode, ${AT_ONCE[1]} at once`, samples: samples.plain8 };
  const what = 'real containers a second, created to removed';
  const common = { what, unit: '/s', better: 'higher', ours: samples.ours } as const;
  return [
    toRow({ ...common, name: 'throughput', against: best, target: atLeastTimes(0.95) }),
    toRow({
      ...common,
      name: 'throughput-cli',
      against: { name: `docker run --rm, ${AT_ONCE[0]} at once`, samples: samples.cli },
    }),
  ];
};

async function dockerRunToEnd(image: string): Promise<void> {
  const child = spawn('docker', ['run', '--rm', '--network', 'none', image, ...COMMAND], { stdio: 'ignore' });
  await once(child, 'close');
}
