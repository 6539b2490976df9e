import { EventEmitter, once } from 'node:events';

import { Logger, makeWorkerUtils, run, type Runner, type WorkerEvents } from 'graphile-worker';
import { Pool } from 'pg';

import { inParallel } from '../measure/timed.ts';
import { BATCH, CALLERS, type QueueSide, type Role } from './queue-side.ts';

const TASK = 'noop';
const quiet = new Logger(() => () => undefined);

/** graphile-worker with the settings that its page on performance recommends. */
export async function openGraphile(connectionString: string, role: Role = 'both'): Promise<QueueSide> {
  // One of ours: its own are told to end, and their idle connections may still be there when the database is dropped.
  const pool = new Pool({ connectionString, max: 26 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet });
  await utils.migrate();
  const events = new EventEmitter() as WorkerEvents;
  let runner: Runner | undefined;
  let batching: boolean | undefined;
  /** What helps a stream of jobs hinders a single one, so each kind gets what is best for it. */
  const work = async (batched: boolean): Promise<void> => {
    if (role === 'submit' || batching === batched) return;
    await runner?.stop();
    batching = batched;
    runner = await run({
      taskList: { [TASK]: async () => undefined },
      noHandleSignals: true,
      pgPool: pool,
      events,
      preset: {
        worker: {
          logger: quiet,
          concurrentJobs: 24,
          ...(batched ? { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {}),
        },
      },
    });
  };
  if (role === 'run') await work(true);
  return {
    oneByOne: async (count) => {
      await work(false);
      for (let done = 0; done < count; done += 1) {
        const completed = once(events, 'job:complete');
        await utils.addJob(TASK, {});
        await completed;
      }
    },
    submitSingly: async (count) => {
      await work(true);
      await inParallel(count, CALLERS, () => utils.addJob(TASK, {}));
    },
    submitInBatches: async (count) => {
      await work(true);
      for (let sent = 0; sent < count; sent += BATCH)
        await utils.addJobs(
          Array.from({ length: Math.min(BATCH, count - sent) }, () => ({ identifier: TASK, payload: {} })),
        );
    },
    isDrained: `SELECT NOT EXISTS (SELECT FROM graphile_worker._private_jobs) AS drained`,
    [Symbol.asyncDispose]: async () => {
      await runner?.stop();
      await utils.release();
      await pool.end();
    },
  };
}
