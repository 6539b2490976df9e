import { isTerminalJobState } from '@hodei/domain';

import { NO_MUTATION, type Mutation } from './mutation.ts';
import { Random } from './random.ts';
import { brewStorm, calmDown } from './storm.ts';
import { World } from './world.ts';

/** Once nothing goes wrong any more, everything has to be settled after so many milliseconds of simulated time. */
export const SETTLE_LIMIT_MS = 240_000;

/** How long stopped instances may do harm when they go on after everything was settled, in milliseconds. */
const AFTERMATH_MS = 15_000;

/** What one run came to. */
export interface SimulationResult {
  readonly seed: number;
  /** The first rule that was broken, in words. */
  readonly violation: string | undefined;
  /** The same for the same seed. */
  readonly hash: string;
  readonly trace: readonly string[];
  readonly simulatedMs: number;
  /** How long it took until all was settled once nothing went wrong any more, in simulated milliseconds. */
  readonly settledAfterMs: number;
  readonly jobs: number;
  readonly attempts: number;
  readonly lives: number;
  /** How often a pool lacked workers, and had them again in time. */
  readonly refills: number;
  /** How often a worker was made while room was kept for another job. */
  readonly sawRoomKept: number;
  readonly imagesRemoved: number;
  readonly steps: number;
}

/** Runs a whole installation through one storm and what comes after, as the seed wants it. */
export async function simulate(
  seed: number,
  options: { readonly mutation?: Mutation; readonly keepTrace?: boolean } = {},
): Promise<SimulationResult> {
  const random = new Random(seed);
  const world = new World(random, { mutation: options.mutation ?? NO_MUTATION, keepTrace: options.keepTrace ?? false });
  const { scheduler, weather } = world;
  const startedAt = scheduler.now();
  let steps = 0;
  const onRejection = (reason: unknown): void =>
    world.blame(`nobody handled ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
  process.on('unhandledRejection', onRejection);
  // Where an error came from is only worth its time to somebody who reads the trace.
  const { stackTraceLimit } = Error;
  if (!options.keepTrace) Error.stackTraceLimit = 0;
  const runUntil = async (endsAt: number, isDone: () => boolean = () => false): Promise<void> => {
    let over = false;
    const cancel = scheduler.after(endsAt - scheduler.now(), () => {
      over = true;
    });
    while (!over && !isDone()) {
      steps += 1;
      if (!(await world.step())) break;
    }
    cancel();
  };
  try {
    await world.prepare();
    brewStorm(world, random.fork());
    world.startLife();
    world.startLife();
    await runUntil(startedAt + weather.stormMs);
    calmDown(world);
    const calmAt = scheduler.now();
    await runUntil(calmAt + SETTLE_LIMIT_MS, () => isSettled(world));
    const settledAfterMs = scheduler.now() - calmAt;
    if (world.violation === undefined) world.checkEnd();
    for (const life of world.lives) life.resume();
    if (world.violation === undefined) await runUntil(scheduler.now() + AFTERMATH_MS);
    if (world.violation === undefined) world.checkEnd();
    const { store } = world;
    return {
      seed,
      violation: world.violation,
      hash: world.trace.hash,
      trace: world.trace.lines,
      simulatedMs: scheduler.now() - startedAt,
      settledAfterMs,
      jobs: store.jobs.size,
      attempts: store.attempts.size,
      lives: world.lives.length,
      refills: world.poolRules.refills,
      imagesRemoved: world.imagesRemoved,
      sawRoomKept: world.storeRules.sawRoomKept,
      steps,
    };
  } finally {
    for (const life of world.lives) life.discard();
    world.engine.goDown();
    Error.stackTraceLimit = stackTraceLimit;
    process.off('unhandledRejection', onRejection);
  }
}

function isSettled({ engine, store, weather }: World): boolean {
  for (const { job } of store.jobs.values()) if (!isTerminalJobState(job.state)) return false;
  const live = [...store.workers.values()].filter(({ state }) => state !== 'terminated');
  const minIdle = weather.pool?.minIdle ?? 0;
  if (live.length !== minIdle) return false;
  if (engine.workers().length !== live.length) return false;
  return live.every(
    ({ id, state, pool }) => state === 'ready' && pool !== undefined && engine.find(id)?.exit === undefined,
  );
}
