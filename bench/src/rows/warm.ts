import { setTimeout as delay } from 'node:timers/promises';

import { followOutput, submitJob, waitForJob } from '@hodei/application';
import { LABELS } from '@hodei/domain';

import type { Bench, Effort } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atMost, toRow, type Row, type Target } from '../measure/row.ts';
import { until } from '../measure/until.ts';
import { openDockerPlane, type DockerPlane } from '../world/docker-plane.ts';
import { keepWarm } from '../world/warm-pool.ts';
import type { World } from '../world/world.ts';
import { dockerRun, submitToFirstByte } from './cold.ts';

const COMMAND = ['echo', 'hello'];

const TARGET: Target = {
  words: 'at most 5 (25), and 50 times faster',
  isMet: ({ ours, ratio }) => ours.p50 <= 5 && ours.p99 <= 25 && ratio !== null && ratio <= 1 / 50,
};

/** In milliseconds: long enough for all processes that take part to go to sleep. */
const REST_MS = 1000;

/** Warm start: submit to the first byte that a follower sees, which is durable by then, on a worker that waits. */
export const warm: Bench = async (world, effort) => {
  // First what needs no new container each time: then the code is compiled, as it is in a service that has run a while.
  const reuse = await nextInTheSameWorker(world, effort);
  return [...(await onWaitingWorkers(world, effort)), reuse];
};

async function onWaitingWorkers(world: World, effort: Effort): Promise<readonly Row[]> {
  await using own = await openDockerPlane(world, { keepsPools: true });
  const workers = effort.of(3, 1);
  const pool = await keepWarm(own, world.image, workers);
  // The pool is full again, and nothing is still being removed.
  const ready = async (): Promise<void> => {
    await pool.full();
    await until(async () => (await containersOf(own, world)) === workers, { everyMs: 5 });
  };
  const sides = {
    ours: () => submitToFirstByte(own, { image: world.image, command: COMMAND }),
    cli: () => dockerRun(world.image, COMMAND),
  };
  const inTurns = await interleave(sides, {
    rounds: effort.of(100, 2),
    warmUp: effort.of(5, 1),
    mostMs: 50_000,
    before: ready,
  });
  const rested = await interleave(sides, {
    rounds: effort.of(10, 2),
    before: async () => {
      await ready();
      await delay(effort.of(REST_MS, 0));
    },
  });
  const row = (name: string, what: string, { ours, cli }: typeof inTurns, target?: Target): Row =>
    toRow({
      name,
      what: `${what}: submit to first output byte, durable`,
      unit: 'ms',
      ours,
      against: { name: 'docker run --rm', samples: cli },
      ...(target === undefined ? {} : { target }),
    });
  return [
    row('warm-start', 'warm start', inTurns, TARGET),
    row('warm-start-rested', 'warm start, after a second of rest', rested),
  ];
}

/** How many containers the engine has of this installation, in whichever state. */
async function containersOf({ plane }: DockerPlane, world: World): Promise<number> {
  const docker = await world.docker();
  const label = [`${LABELS.installation}=${plane.context.instance.installationId}`];
  return (await docker.listContainers({ all: true, filters: { label } })).length;
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
