import type { PoolView, WorkerView } from '@hodei/application';
import { isHodeiError, WORKER_STATES, type Job, type JobState, type QueueView } from '@hodei/domain';

import type { Backend, ProviderLoad } from '../backend.ts';
import { defined } from '../defined.ts';

/** What an installation has and does at one moment. A part that we may not see is absent. */
export interface Overview {
  /** Those that run first, then those that are about to, those that wait, and the last that ended. */
  readonly jobs: readonly Job[];
  readonly workers?: readonly WorkerView[];
  readonly pools?: readonly PoolView[];
  readonly queues?: readonly QueueView[];
  readonly providers?: readonly ProviderLoad[];
}

const GROUPS: readonly (readonly JobState[])[] = [
  ['running'],
  ['scheduled'],
  ['pending'],
  ['succeeded', 'failed', 'cancelled', 'timed_out'],
];

const LIVE_WORKERS = WORKER_STATES.filter((state) => state !== 'terminated');

/**
 * Looks at everything at once.
 * @param rows how many jobs and how many workers at most.
 * @throws HodeiError `database_unavailable`, `unavailable`, `unauthenticated`
 */
export async function loadOverview(backend: Backend, rows: number): Promise<Overview> {
  const [groups, workers, pools, queues, providers] = await Promise.all([
    Promise.all(GROUPS.map((states) => backend.listJobs({ states, limit: rows }))),
    ifAllowed(async () => (await backend.listWorkers({ states: LIVE_WORKERS, limit: rows })).items),
    ifAllowed(() => backend.listPools()),
    ifAllowed(() => backend.listQueues()),
    ifAllowed(() => backend.providerLoads()),
  ]);
  return {
    jobs: groups.flatMap(({ items }) => items).slice(0, rows),
    ...defined({ workers, pools, queues, providers }),
  };
}

/** A tenant's token shows its jobs and nothing else. */
async function ifAllowed<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isHodeiError(error, 'forbidden')) return undefined;
    throw error;
  }
}
