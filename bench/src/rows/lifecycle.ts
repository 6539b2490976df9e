import type { Effort } from '../bench.ts';
import { interleave } from '../measure/interleave.ts';
import { above, atLeast, toRow, type Row, type Target } from '../measure/row.ts';
import { timed } from '../measure/timed.ts';
import { until } from '../measure/until.ts';
import { openSide, SIDE_WORDS, SIDES, type SideName } from '../peers/open-side.ts';
import type { QueueSide } from '../peers/queue-side.ts';
import { startInstance, type SideInstance } from '../peers/start-instance.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { connect, type Connection } from '../world/connect.ts';
import type { World } from '../world/world.ts';

type Work = (side: QueueSide) => Promise<void>;

/** Whole lifecycles of no-op jobs a second: submitted, run, their end recorded, nothing left. */
export async function sideBySide(world: World, effort: Effort): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const sides = new Map<SideName, OpenSide>();
  for (const name of SIDES) sides.set(name, stack.use(await open(world, name)));
  const rows: Row[] = [];
  const kinds: readonly [name: string, what: string, count: number, work: (count: number) => Work, batch: boolean][] = [
    ['one-by-one', 'one after the other', effort.of(200, 5), (count) => (side) => side.oneByOne(count), false],
    [
      'singly',
      'submitted singly by 16 callers',
      effort.of(1000, 20),
      (count) => (side) => side.submitSingly(count),
      false,
    ],
    [
      'batches',
      'submitted in batches of 100',
      effort.of(3000, 100),
      (count) => (side) => side.submitInBatches(count),
      true,
    ],
  ];
  for (const [name, what, count, work, batch] of kinds) {
    world.say(`lifecycles, ${what}`);
    const rate = (side: SideName) => (): Promise<number> => measure(sides.get(side), count, work(count));
    const samples = await interleave(
      { ours: rate('ours'), pgBoss: rate('pgBoss'), graphile: rate('graphile') },
      { rounds: effort.of(5, 1), warmUp: effort.of(2, 0) },
    );
    rows.push(
      ...compare(`lifecycle-${name}`, `whole lifecycles a second, ${what}`, samples, batch ? atLeast(3000) : above),
    );
  }
  return rows;
}

/** The same, run by two processes. */
export async function twoInstances(world: World, effort: Effort): Promise<readonly Row[]> {
  world.say('lifecycles, 2 instances');
  await using stack = new AsyncDisposableStack();
  const sides = new Map<SideName, OpenSide>();
  for (const name of SIDES) {
    const side = stack.use(await open(world, name, 'submit'));
    const instances: SideInstance[] = [];
    for (let index = 0; index < 2; index += 1)
      instances.push(stack.use(await startInstance(name, side.connectionString)));
    sides.set(name, { ...side, instances });
  }
  const count = effort.of(1000, 20);
  const rate = (side: SideName) => (): Promise<number> =>
    measure(sides.get(side), count, (queue) => queue.submitInBatches(count));
  const samples = await interleave(
    { ours: rate('ours'), pgBoss: rate('pgBoss'), graphile: rate('graphile') },
    { rounds: effort.of(5, 1), warmUp: effort.of(1, 0) },
  );
  return compare('lifecycle-two-instances', 'whole lifecycles a second, in batches, run by 2 processes', samples);
}

function compare(
  name: string,
  what: string,
  samples: Readonly<Record<SideName, readonly number[]>>,
  target?: Target,
): readonly Row[] {
  return (['pgBoss', 'graphile'] as const).map((peer) =>
    toRow({
      name: `${name}-${SIDE_WORDS[peer]}`,
      what,
      unit: '/s',
      better: 'higher',
      ours: samples.ours,
      against: { name: SIDE_WORDS[peer], samples: samples[peer] },
      ...(target === undefined ? {} : { target }),
    }),
  );
}

interface OpenSide extends AsyncDisposable {
  readonly queue: QueueSide;
  readonly connection: Connection;
  readonly connectionString: string;
  /** Who runs its jobs in other processes. */
  readonly instances?: readonly SideInstance[];
}

async function open(world: World, name: SideName, role: 'both' | 'submit' = 'both'): Promise<OpenSide> {
  await using opening = new AsyncDisposableStack();
  const { connectionString } = opening.use(await world.createDatabase());
  const diagnostics = benchDiagnostics((words) => world.say(words));
  const connection = opening.use(await connect(connectionString));
  const queue = opening.use(await openSide(name, connectionString, diagnostics, role));
  const open = opening.move();
  return { queue, connection, connectionString, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Jobs a second, from the first submit until the database says that all is done. */
async function measure(side: OpenSide | undefined, count: number, work: Work): Promise<number> {
  if (side === undefined) throw new Error('that side is not open');
  const { queue, connection, instances = [] } = side;
  for (const each of instances) each.work();
  const tookMs = await timed(async () => {
    await work(queue);
    await until(async () => (await connection.query<{ drained: boolean }>(queue.isDrained))[0]?.drained === true, {
      everyMs: 5,
    });
  });
  for (const each of [queue, ...instances]) await each.rest?.();
  return (count * 1000) / tookMs;
}
