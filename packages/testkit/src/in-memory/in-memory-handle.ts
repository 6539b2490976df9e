import { LABELS, parseJobId, type ListedWorker, type ProviderId, type WorkerHandle } from '@hodei/domain';
import type { InMemoryWorker } from './in-memory-worker.ts';

/** The handle of a worker. */
export const handleOf = (
  worker: InMemoryWorker,
  provider: { readonly id: ProviderId; readonly type: string },
): WorkerHandle => ({
  version: 1,
  workerId: worker.workerId,
  providerId: provider.id,
  providerType: provider.type,
  resourceId: worker.resourceId,
  createdAt: worker.createdAt,
  defaultCommand: worker.defaultCommand,
  warnings: [],
  providerState: {},
});

/** What the list says of a worker. */
export function listed(worker: InMemoryWorker): ListedWorker {
  const { [LABELS.job]: jobId, [LABELS.expiresAt]: expiresAt } = worker.labels;
  return {
    workerId: worker.workerId,
    resourceId: worker.resourceId,
    state: worker.state,
    createdAt: worker.createdAt,
    ...(jobId === undefined ? {} : { jobId: parseJobId(jobId) }),
    ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
    ...(worker.trouble === undefined ? {} : { trouble: worker.trouble }),
  };
}
