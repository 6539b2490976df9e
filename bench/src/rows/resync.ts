import { resync as resyncOnce, submitJob, WorkerReconciler } from '@hodei/application';

import type { Bench } from '../bench.ts';
import { atMostTimes, toRow, type Row } from '../measure/row.ts';
import { countStatements } from '../measure/count-statements.ts';
import { interleave } from '../measure/interleave.ts';
import { inParallel, timed } from '../measure/timed.ts';
import { until } from '../measure/until.ts';
import { addFinishedJobs } from '../world/add-finished-jobs.ts';
import { connect } from '../world/connect.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { openMemoryPlane, type MemoryPlane } from '../world/memory-plane.ts';

/** One resync of an instance at rest, by the number of its workers and of the jobs that ended long ago. */
export const resync: Bench = async (world, effort) => {
  const rows: Row[] = [];
  const most = effort.of(10_000, 100);
  await using database = await world.createDatabase();
  await using connection = await connect(database.connectionString);
  await using plane = await openMemoryPlane(
    database.connectionString,
    benchDiagnostics((words) => world.say(words)),
    { maxConcurrentJobs: most },
  );
  for (const workers of [most / 100, most / 10, most]) {
    world.say(`resync of ${workers} workers`);
    await runJobs(plane, workers);
    const reconciler = new WorkerReconciler(plane.context, plane.provider);
    const once = (): Promise<number> =>
      timed(async () => {
        await resyncOnce(plane.context, plane.runner);
        await reconciler.step();
      });
    await once();
    const statements = await countStatements(once);
    const listed = async (): Promise<number> =>
      timed(() => plane.provider.listWorkers(plane.context.instance.installationId));
    const samples = await interleave({ ours: once, list: listed }, { rounds: effort.of(7, 2) });
    rows.push(
      toRow({
        name: `resync-${workers}`,
        what: `one resync with ${workers.toLocaleString('en')} workers`,
        unit: 'ms',
        ours: samples.ours,
        against: { name: 'the list call alone, in memory', samples: samples.list },
      }),
      toRow({
        name: `resync-statements-${workers}`,
        what: `statements of one resync with ${workers.toLocaleString('en')} workers`,
        unit: 'statements',
        ours: [statements],
      }),
    );
    if (workers === most / 10) rows.push(await beside(connection, effort.of(100_000, 100), once, effort.of(15, 2)));
  }
  await endJobs(plane);
  return rows;
};

/** Brings the number of running jobs up to this. */
async function runJobs({ context, runner, engine }: MemoryPlane, count: number): Promise<void> {
  await inParallel(count - runner.activeCount, 100, () => submitJob(context, { command: ['wait'] }));
  await until(() => engine.workers().length === count);
  await until(async () => (await context.repositories.jobs.countByState()).running === count, { everyMs: 100 });
}

/** Ends all jobs, some at a time: nobody measures what ten thousand ends at once do to a pool of connections. */
async function endJobs({ engine, runner }: MemoryPlane): Promise<void> {
  while (engine.workers().length > 0) {
    for (const { workerId } of engine.workers().slice(0, 200)) engine.killWorker(workerId);
    const left = Math.max(0, engine.workers().length - 200);
    await until(() => engine.workers().length <= left, { everyMs: 5 });
  }
  await runner.idle();
}

/** The same again beside many jobs that ended long ago. */
async function beside(
  connection: Parameters<typeof addFinishedJobs>[0],
  finished: number,
  once: () => Promise<number>,
  rounds: number,
): Promise<Row> {
  const before = await interleave({ once }, { rounds });
  await addFinishedJobs(connection, finished);
  const after = await interleave({ once }, { rounds });
  return toRow({
    name: 'resync-finished',
    what: `one resync beside ${finished.toLocaleString('en')} finished jobs`,
    unit: 'ms',
    ours: after.once,
    against: { name: 'the same with none', samples: before.once },
    target: atMostTimes(1.25),
  });
}
