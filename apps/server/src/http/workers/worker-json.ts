import type { Worker } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { WorkerJson } from './worker-schemas.ts';

/** A worker as JSON. */
export function workerToJson(worker: Worker): Frozen<WorkerJson> {
  const { handle, termination } = worker;
  return {
    id: worker.id,
    providerId: worker.providerId,
    state: worker.state,
    image: worker.image,
    resources: worker.resources,
    ...(worker.jobId === undefined ? {} : { jobId: worker.jobId }),
    ...(handle === undefined ? {} : { resourceId: handle.resourceId, warnings: handle.warnings }),
    createdAt: formatMoment(worker.createdAt),
    stateChangedAt: formatMoment(worker.stateChangedAt),
    expiresAt: formatMoment(worker.expiresAt),
    ...(termination === undefined ? {} : { cause: termination.cause, evidence: termination.evidence }),
  };
}
