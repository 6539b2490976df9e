import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** For so long at a time the processors are looked at, in milliseconds. */
const LOOK_MS = 300;
/** Less than this part of them in use is rest. */
const AT_REST = 0.1;
/** A machine that does not come to rest is measured as it is, after so long. In milliseconds. */
const MOST_MS = 10_000;

/**
 * Before a part begins: what the one before wrote is on the disk, and what it left to the engine, the database and the
 * kernel to tidy up is done. Else one part's end would be another's slowest samples.
 *
 * @param inUse resolves with the part of the processors that was in use while it looked.
 */
export async function settle(inUse: () => Promise<number> = processorsInUse): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  await promisify(execFile)('sync');
  while ((await inUse()) >= AT_REST && performance.now() < deadline);
}

async function processorsInUse(): Promise<number> {
  const before = times();
  await delay(LOOK_MS);
  const after = times();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

function times(): { readonly idle: number; readonly all: number } {
  const each = cpus().map((cpu) => cpu.times);
  const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);
  return { idle: sum(each.map(({ idle }) => idle)), all: sum(each.flatMap((one) => Object.values(one))) };
}
