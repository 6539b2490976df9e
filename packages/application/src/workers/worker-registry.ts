import {
  workerHealth,
  WORKER_STATES,
  type Page,
  type Worker,
  type WorkerHealth,
  type WorkerHealthStatus,
  type WorkerId,
  type WorkerQuery,
  type WorkerState,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** A worker, and how it is now. */
export interface WorkerView {
  readonly worker: Worker;
  readonly health: WorkerHealth;
}

/** How many workers there are. All derived from rows. */
export interface WorkerStatistics {
  readonly byState: Readonly<Record<WorkerState, number>>;
  /** Of those that are not terminated. */
  readonly byHealth: Readonly<Record<WorkerHealthStatus, number>>;
}

type RegistryContext = Pick<JobContext, 'repositories' | 'clock'> & {
  readonly policy: Pick<JobContext['policy'], 'graces'>;
};

/** One page of workers, the newest first, with their health. @throws HodeiError `invalid_input` */
export async function listWorkers(context: RegistryContext, query: WorkerQuery): Promise<Page<WorkerView>> {
  const page = await context.repositories.workers.list(query);
  return { ...page, items: page.items.map((worker) => viewOf(context, worker)) };
}

/** @throws HodeiError `not_found` */
export async function getWorker(context: RegistryContext, workerId: WorkerId): Promise<WorkerView> {
  return viewOf(context, await context.repositories.workers.get(workerId));
}

const LIVE = WORKER_STATES.filter((state) => state !== 'terminated');
const PAGE = 500;

export async function countWorkers(context: RegistryContext): Promise<WorkerStatistics> {
  const byState = await context.repositories.workers.countByState();
  const byHealth = { healthy: 0, unhealthy: 0, unreachable: 0, lost: 0, unknown: 0 };
  let cursor: string | undefined;
  do {
    const page = await listWorkers(context, { states: LIVE, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { health } of page.items) byHealth[health.status] += 1;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { byState, byHealth };
}

const viewOf = ({ clock, policy }: RegistryContext, worker: Worker): WorkerView => ({
  worker,
  health: workerHealth(worker, clock.now(), policy.graces),
});
