// The process that submits the jobs of a chaos run, and asks for the cancellations. It is told what by its arguments,
// and tells what it did by lines on stdout: `submitted INDEX ID`, `asked INDEX`.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore, parseSettings } from '../../apps/server/src/index.ts';
import { checkJobInput, isHodeiError, parseJobId, type JobId } from '../../packages/domain/src/index.ts';
import { images } from '../images/names.ts';
import { type ChaosJob, makeWorkload } from './workload.ts';

const [seed = 0, jobs = 0, spanMs = 0] = process.argv.slice(2).map(Number);
const silent = (): void => undefined;
await using store = await openStore(parseSettings(process.env), {
  diagnostics: { info: silent, warn: silent, error: silent },
});
const { repositories } = store;
const startedAt = performance.now();
const until = (ms: number): Promise<void> => delay(Math.max(0, startedAt + ms - performance.now()));
await Promise.all(makeWorkload(seed, jobs).map(submit));

async function submit(job: ChaosJob): Promise<void> {
  await until(job.submitAt * spanMs);
  const id = parseJobId(randomUUID());
  const { spec } = checkJobInput(job.input, images.busybox);
  await insist(
    () => repositories.jobs.insert({ id, spec, at: Date.now() }),
    () => isStored(id),
  );
  process.stdout.write(`submitted ${job.index} ${id}\n`);
  if (job.cancelAfterMs === undefined) return;
  await delay(job.cancelAfterMs);
  await insist(
    () => repositories.jobs.requestCancel({ jobId: id, by: 'chaos', at: Date.now() }),
    async () => (await repositories.jobs.get(id)).cancelRequest !== undefined,
  );
  process.stdout.write(`asked ${job.index}\n`);
}

/** Does it until it is known to be done, whatever becomes of the database. */
async function insist(write: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      if (tries > 0 && (await isDone())) return;
      await write();
      return;
    } catch (error) {
      if (!isHodeiError(error, 'database_unavailable', 'conflict')) throw error;
      await delay(200);
    }
  }
}

async function isStored(id: JobId): Promise<boolean> {
  try {
    await repositories.jobs.get(id);
    return true;
  } catch (error) {
    if (isHodeiError(error, 'not_found')) return false;
    throw error;
  }
}
