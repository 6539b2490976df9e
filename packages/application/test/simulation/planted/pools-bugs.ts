// Bugs about pools; see planted-bugs.ts.
import type { Repositories, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../../../src/index.ts';
import { overriding } from '../overriding.ts';
import type { World } from '../world.ts';

/** As with a `SELECT count(*)` and then an `INSERT`, without a lock between. */
export function withCarelessPool(repositories: Repositories, { store }: World): Repositories {
  const { workers } = repositories;
  const insertForPool: typeof workers.insertForPool = async (wanted) => {
    const pool = store.pools.get(wanted.pool);
    if (pool === undefined) return workers.insertForPool(wanted);
    store.pools.set(pool.name, { ...pool, maxWorkers: pool.maxWorkers + 1 });
    try {
      return await workers.insertForPool(wanted);
    } finally {
      store.pools.set(pool.name, pool);
    }
  };
  return { ...repositories, workers: overriding(workers, { insertForPool }) };
}

export function withoutKeeping(context: JobContext): JobContext {
  if (context.idle !== undefined) context.idle.keeps = () => false;
  return context;
}

/** As if a worker that is clean were anybody's. */
export function withMixedTenants(context: JobContext): JobContext {
  const { idle } = context;
  if (idle === undefined) return context;
  const wait = idle.wait.bind(idle);
  idle.wait = (worker) => {
    const { servedTenant: _, ...unknown } = worker;
    wait(unknown);
  };
  return context;
}

/** As if a pool were only looked at now and then. */
export function withRareLooks(context: JobContext): JobContext {
  if (context.idle !== undefined) context.idle.changed.ring = () => undefined;
  return context;
}

/** As if an engine could start no two workers at once. */
export function withOneStartAtATime(provider: WorkerProvider): WorkerProvider {
  let last: Promise<unknown> = Promise.resolve();
  const createWorker: WorkerProvider['createWorker'] = (...args) => {
    const made = last.then(() => provider.createWorker(...args));
    last = made.catch(() => undefined);
    return made;
  };
  return { ...provider, createWorker };
}
