import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { submitJob, waitForJob } from '@hodei/application';
import { parseDockerConfig } from '@hodei/infrastructure/docker';
import type Docker from 'dockerode';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atLeastTimes, toRow } from '../measure/row.ts';
import { finishPlain, startPlain } from '../peers/plain-docker.ts';
import { openDockerPlane, type DockerPlane } from '../world/docker-plane.ts';
import { followLatency } from './follow-latency.ts';

const LINE = 'a line of output that is about as long as those that programs write';

/** Output of a job in short lines: megabytes a second until all of it is durable, and how soon a follower sees it. */
export const logs: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world);
  const docker = await world.docker();
  const megabytes = effort.of(32, 2);
  const command = ['sh', '-c', `yes '${LINE}' | head -c ${megabytes * 1024 * 1024}`];
  const logConfig = logConfigOfOurs();
  const samples = await interleave(
    {
      ours: async () => megabytes / (await durably(own, world.image, command)),
      attach: async () => {
        const started = await startPlain(docker, world.image, command, { LogConfig: logConfig });
        const seconds = await firstToLast(started.output);
        await finishPlain(started);
        return megabytes / seconds;
      },
      cli: async () => megabytes / (await dockerLogs(docker, world.image, command, logConfig)),
    },
    { rounds: effort.of(5, 1), warmUp: effort.of(1, 0) },
  );
  const common = { what: 'output of one job, durable', unit: 'MB/s', better: 'higher', ours: samples.ours } as const;
  return [
    toRow({
      ...common,
      name: 'logs-attach',
      against: { name: 'plain attach, kept nowhere', samples: samples.attach },
      target: atLeastTimes(0.8),
    }),
    toRow({
      ...common,
      name: 'logs-cli',
      against: { name: 'docker logs -f', samples: samples.cli },
      target: atLeastTimes(1.5),
    }),
    ...(await followLatency(world, own, effort)),
  ];
};

/** From the job's first byte until all is stored and its end recorded, in seconds; by the phases of its attempt. */
async function durably({ plane }: DockerPlane, image: string, command: readonly string[]): Promise<number> {
  const { context, runner } = plane;
  const { id } = await submitJob(context, { image, command });
  await waitForJob(context, id);
  await runner.idle();
  const [attempt] = await context.repositories.attempts.listByJob(id);
  const { firstByte, ended } = attempt?.phases ?? {};
  if (firstByte === undefined || ended === undefined) throw new Error(`job ${id} has written nothing`);
  return (ended - firstByte) / 1000;
}

async function dockerLogs(
  docker: Docker,
  image: string,
  command: readonly string[],
  logConfig: NonNullable<Docker.HostConfig['LogConfig']>,
): Promise<number> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: [...command],
    HostConfig: { NetworkMode: 'none', LogConfig: logConfig },
  });
  await container.start();
  const child = spawn('docker', ['logs', '-f', container.id], { stdio: ['ignore', 'pipe', 'inherit'] });
  const seconds = await firstToLast(child.stdout);
  await container.wait();
  await container.remove();
  return seconds;
}

async function firstToLast(output: Readable): Promise<number> {
  await once(output, 'readable');
  const startedAt = performance.now();
  output.resume();
  await once(output, 'end');
  return (performance.now() - startedAt) / 1000;
}

/** The same container means the same log driver too. */
function logConfigOfOurs(): NonNullable<Docker.HostConfig['LogConfig']> {
  const { log } = parseDockerConfig({});
  return {
    Type: log.driver,
    Config: { 'max-size': String(log.maxFileBytes), 'max-file': String(log.maxFiles), compress: 'false' },
  };
}
