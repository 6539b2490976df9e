import type { Effort } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { atLeastTimes, toRow, type Row } from '../measure/row.ts';
import { timed } from '../measure/timed.ts';
import { until } from '../measure/until.ts';
import { openOwn } from '../peers/own-side.ts';
import { addFinishedJobs } from '../world/add-finished-jobs.ts';
import { connect } from '../world/connect.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import type { World } from '../world/world.ts';

interface Aged extends AsyncDisposable {
  rate(): Promise<number>;
}

/** Lifecycles a second as the table of finished jobs grows. */
export async function finishedJobs(world: World, effort: Effort): Promise<readonly Row[]> {
  const [some, many] = [effort.of(100_000, 100), effort.of(1_000_000, 1000)];
  const count = effort.of(1000, 20);
  await using none = await aged(world, 0, count);
  await using older = await aged(world, some, count);
  await using oldest = await aged(world, many, count);
  world.say('lifecycles, with finished jobs');
  const samples = await interleave(
    { none: () => none.rate(), some: () => older.rate(), many: () => oldest.rate() },
    { rounds: effort.of(5, 1), warmUp: effort.of(1, 0) },
  );
  const row = (finished: number, ours: readonly number[]): Row =>
    toRow({
      name: `lifecycle-finished-${finished}`,
      what: `whole lifecycles a second, beside ${finished.toLocaleString('en')} finished jobs`,
      unit: '/s',
      better: 'higher',
      ours,
      against: { name: 'ours, none finished before', samples: samples.none },
      target: atLeastTimes(0.8),
    });
  return [row(some, samples.some), row(many, samples.many)];
}

async function aged(world: World, finished: number, count: number): Promise<Aged> {
  await using opening = new AsyncDisposableStack();
  const { connectionString } = opening.use(await world.createDatabase());
  const connection = opening.use(await connect(connectionString));
  const side = opening.use(
    await openOwn(
      connectionString,
      benchDiagnostics((words) => world.say(words)),
    ),
  );
  if (finished > 0) {
    world.say(`adding ${finished.toLocaleString('en')} finished jobs`);
    await addFinishedJobs(connection, finished);
  }
  const open = opening.move();
  return {
    rate: async () => {
      const tookMs = await timed(async () => {
        await side.submitSingly(count);
        await until(async () => (await connection.query<{ drained: boolean }>(side.isDrained))[0]?.drained === true, {
          everyMs: 5,
        });
      });
      return (count * 1000) / tookMs;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
