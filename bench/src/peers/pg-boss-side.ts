import { setTimeout as delay } from 'node:timers/promises';

import { PgBoss } from 'pg-boss';

import { inParallel } from '../measure/timed.ts';
import { BATCH, CALLERS, type QueueSide, type Role } from './queue-side.ts';

const QUEUE = 'noop';
/** How many jobs a consumer fetches at once, and how many consumers there are. */
const FETCH = 100;
const CONSUMERS = 2;
/** An empty queue is looked at again after this many milliseconds; its own workers would wait for 500. */
const IDLE_MS = 2;

/**
 * pg-boss at its best: consumers fetch and complete in batches, without the polling interval of its workers, which
 * would be most of the time of a job here.
 */
export async function openPgBoss(connectionString: string, role: Role = 'both'): Promise<QueueSide> {
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false, max: 20 });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE);
  let isOver = false;
  let consumers: readonly Promise<void>[] = [];
  const consume = async (): Promise<void> => {
    while (!isOver) {
      const jobs = await boss.fetch(QUEUE, { batchSize: FETCH });
      if (jobs.length === 0) await delay(IDLE_MS);
      else
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
    }
  };
  const work = (): void => {
    if (consumers.length > 0 || role === 'submit') return;
    isOver = false;
    consumers = Array.from({ length: CONSUMERS }, consume);
  };
  // Who looks every 2 ms for a job would be at work in the others' turns as well.
  const rest = async (): Promise<void> => {
    isOver = true;
    await Promise.all(consumers);
    consumers = [];
  };
  return {
    oneByOne: async (count) => {
      for (let done = 0; done < count; done += 1) {
        await boss.send(QUEUE, {});
        const jobs = await boss.fetch(QUEUE);
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
      }
    },
    submitSingly: (count) => {
      work();
      return inParallel(count, CALLERS, () => boss.send(QUEUE, {}));
    },
    submitInBatches: async (count) => {
      work();
      for (let sent = 0; sent < count; sent += BATCH)
        await boss.insert(
          QUEUE,
          Array.from({ length: Math.min(BATCH, count - sent) }, () => ({ data: {} })),
        );
    },
    isDrained: `SELECT NOT EXISTS (SELECT FROM pgboss.job WHERE name = '${QUEUE}' AND state IN ('created', 'retry', 'active')) AS drained`,
    work,
    rest,
    [Symbol.asyncDispose]: async () => {
      await rest();
      await boss.stop({ graceful: false });
    },
  };
}
