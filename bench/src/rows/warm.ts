import { followOutput, submitJob, waitForJob } from '@hodei/application';

import type { Bench, Effort } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atMost, toRow, type Row, type Target } from '../measure/row.ts';
import { openDockerPlane } from '../world/docker-plane.ts';
import { keepWarm } from '../world/warm-pool.ts';
import type { World } from '../world/world.ts';
import { dockerRun, submitToFirstByte } from './cold.ts';

const COMMAND = ['echo', 'hello'];

const TARGET: Target = {
  words: 'at most 5 (25), and 50 times faster',
  isMet: ({ ours, ratio }) => ours.p50 <= 5 && ours.p99 <= 25 && ratio !== null && ratio <= 1 / 50,
};

/** Warm start: submit to the first byte that a follower sees, which is durable by then, on a worker that waits. */
export const warm: Bench = async (world, effort) => {
  // First what needs no new container each time: then the code is compiled, as it is in a service that has run a while.
  const reuse = await nextInTheSameWorker(world, effort);
  return [await onWaitingWorkers(world, effort), reuse];
};

async function onWaitingWorkers(world: World, effort: Effort): Promise<Row> {
  await using own = await openDockerPlane(world, { keepsPools: true });
  const pool = await keepWarm(own, world.image, effort.of(3, 1));
  const samples = await interleave(
    {
      ours: async () => {
        await pool.full();
        return submitToFirstByte(own, { image: world.image, command: COMMAND });
      },
      cli: () => dockerRun(world.image, COMMAND),
    },
    { rounds: effort.of(40, 2), warmUp: effort.of(3, 1), restMs: effort.of(200, 0), mostMs: 40_000 },
  );
  return toRow({
    name: 'warm-start',
    what: 'warm start: submit to first output byte, durable',
    unit: 'ms',
    ours: samples.ours,
    against: { name: 'docker run --rm', samples: samples.cli },
    target: TARGET,
  });
}

/** Where a worker runs one job after another: from the moment a waiter knows the end to the next one's first byte. */
async function nextInTheSameWorker(world: World, effort: Effort): Promise<Row> {
  await using own = await openDockerPlane(world, { keepsPools: true });
  const { context, runner } = own.plane;
  await keepWarm(own, world.image, 1, 1000);
  const samples: number[] = [];
  const workers = new Set<string>();
  const [rounds, warmUp] = [effort.of(100, 3), effort.of(10, 1)];
  let endedAt = Number.NaN;
  for (let round = -warmUp; round <= rounds; round += 1) {
    const { id } = await submitJob(context, { image: world.image, command: COMMAND }, { runner });
    for await (const _ of followOutput(context, { jobId: id, follow: true })) {
      if (round > 0) samples.push(performance.now() - endedAt);
      break;
    }
    await waitForJob(context, id);
    const [attempt] = await context.repositories.attempts.listByJob(id);
    endedAt = performance.now();
    if (round > 0 && attempt !== undefined) workers.add(attempt.workerId);
  }
  await runner.idle();
  world.say(`${samples.length} jobs in ${workers.size} worker(s)`);
  return toRow({
    name: 'warm-reuse',
    what: 'reuse: end of a job to first byte of the next in the same worker',
    unit: 'ms',
    ours: samples,
    target: atMost(5),
  });
}
