import { followOutput, submitJob, waitForJob } from '@hodei/application';

import type { Bench } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atMost, toRow } from '../measure/row.ts';
import { startPlain } from '../peers/plain-docker.ts';
import { openDockerPlane } from '../world/docker-plane.ts';

const COMMAND = ['sh', '-c', 'echo ready; sleep 600'];

/** Someone kills a worker from outside: how long until its job has a terminal state in the database. */
export const detection: Bench = async (world, effort) => {
  await using own = await openDockerPlane(world);
  const { context, runner } = own.plane;
  const docker = await world.docker();
  const samples = await interleave(
    {
      ours: async () => {
        const { id } = await submitJob(context, { image: world.image, command: COMMAND }, { runner });
        for await (const _ of followOutput(context, { jobId: id, follow: true })) break;
        const [attempt] = await context.repositories.attempts.listByJob(id);
        if (attempt === undefined) throw new Error('the job has no attempt');
        const { handle } = await context.repositories.workers.get(attempt.workerId);
        const container = docker.getContainer(handle?.resourceId ?? '');
        const startedAt = performance.now();
        const ended = waitForJob(context, id).then(() => performance.now() - startedAt);
        await container.kill();
        const took = await ended;
        await runner.idle();
        return took;
      },
      plain: async () => {
        const { container, output } = await startPlain(docker, world.image, COMMAND);
        output.resume();
        const startedAt = performance.now();
        const ended = container.wait().then(() => performance.now() - startedAt);
        await container.kill();
        const took = await ended;
        await container.remove();
        return took;
      },
    },
    { rounds: effort.of(20, 2), warmUp: effort.of(2, 0) },
  );
  return [
    toRow({
      name: 'detection',
      what: 'docker kill to a terminal state of the job, durable',
      unit: 'ms',
      ours: samples.ours,
      against: { name: 'dockerode kill + wait', samples: samples.plain },
      target: atMost(500),
    }),
  ];
};
