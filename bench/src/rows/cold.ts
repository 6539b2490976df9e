import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { followOutput, submitJob, waitForJob } from '@hodei/application';
import type { JobInput } from '@hodei/domain';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atMostTimes, toRow } from '../measure/row.ts';
import { finishPlain, startPlain } from '../peers/plain-docker.ts';
import { openDockerPlane, type DockerPlane } from '../world/docker-plane.ts';

const COMMAND = ['echo', 'hello'];

/** Cold start: submit to the first byte that a follower sees, which is durable by then. */
export const cold: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world);
  const docker = await world.docker();
  const samples = await interleave(
    {
      ours: () => submitToFirstByte(own, { image: world.image, command: COMMAND }),
      plain: async () => {
        const startedAt = performance.now();
        const started = await startPlain(docker, world.image, COMMAND);
        await once(started.output, 'data');
        const took = performance.now() - startedAt;
        await finishPlain(started);
        return took;
      },
      cli: () => dockerRun(world.image, COMMAND),
    },
    { rounds: effort.of(40, 2), warmUp: effort.of(3, 1) },
  );
  const what = 'cold start: submit to first output byte, durable';
  const against = (name: string, theirs: readonly number[]): { name: string; samples: readonly number[] } => ({
    name,
    samples: theirs,
  });
  return [
    toRow({
      name: 'cold-start',
      what,
      unit: 'ms',
      ours: samples.ours,
      against: against('dockerode create + attach + start', samples.plain),
      target: atMostTimes(1.1),
    }),
    toRow({
      name: 'cold-start-cli',
      what,
      unit: 'ms',
      ours: samples.ours,
      against: against('docker run --rm', samples.cli),
    }),
  ];
};

/** Until a follower sees the first byte; then waits until nothing of the job is left. */
export async function submitToFirstByte({ plane }: DockerPlane, input: JobInput): Promise<number> {
  const { context, runner } = plane;
  const startedAt = performance.now();
  const { id } = await submitJob(context, input, { runner });
  let took = Number.NaN;
  for await (const _ of followOutput(context, { jobId: id, follow: true })) {
    took = performance.now() - startedAt;
    break;
  }
  await waitForJob(context, id);
  await runner.idle();
  return took;
}

/** `docker run --rm` to its first byte; then waits for its end. */
export async function dockerRun(image: string, command: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn('docker', ['run', '--rm', '--network', 'none', image, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  const took = performance.now() - startedAt;
  child.stdout.resume();
  await ended;
  return took;
}
