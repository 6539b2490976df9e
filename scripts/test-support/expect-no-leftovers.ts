import { setTimeout as delay } from 'node:timers/promises';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { type LabelledResource, listManaged } from './list-resources.ts';
import { anotherRunIsAlive } from './test-run.ts';

/** A removal that the engine is still busy with is no leftover. */
const GRACE_MS = 10_000;
const POLL_MS = 250;

/** Fails when anything that Hodei manages has appeared since `before` and stays. */
export const expectNoLeftovers = async (engine: EngineEndpoint, before: readonly LabelledResource[]): Promise<void> => {
  const known = new Set(before.map(({ id }) => id));
  const deadline = Date.now() + GRACE_MS;
  let left = await listNew(engine, known);
  // Those seen first must go; ones that come later are somebody else's.
  const suspects = new Set(left.map(({ id }) => id));
  while (left.length > 0 && Date.now() < deadline) {
    await delay(POLL_MS);
    left = (await listNew(engine, known)).filter(({ id }) => suspects.has(id));
  }
  if (left.length === 0) {
    return;
  }
  const message = `The tests left ${left.length} behind:\n${left.map(describe).join('\n')}`;
  if (await anotherRunIsAlive(engine)) {
    process.stderr.write(`${message}\nNot counted: another test run uses this engine, and they may be its own.\n`);
    return;
  }
  throw new Error(message);
};

const listNew = async (engine: EngineEndpoint, known: ReadonlySet<string>): Promise<readonly LabelledResource[]> =>
  (await listManaged(engine)).filter(({ id }) => !known.has(id));

const describe = ({ kind, name, labels }: LabelledResource): string => `  ${kind} ${name} ${JSON.stringify(labels)}`;
