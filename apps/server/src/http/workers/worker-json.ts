import type { WorkerView } from '@hodei/application';
import type { WorkerHealth } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { WorkerHealthJson, WorkerJson } from './worker-schemas.ts';

/** A worker as JSON. */
export function workerToJson({ worker, health }: WorkerView): Frozen<WorkerJson> {
  const { handle, termination, heartbeat, endRequest } = worker;
  return {
    id: worker.id,
    providerId: worker.providerId,
    state: worker.state,
    ...(worker.state === 'terminated' ? {} : { health: healthToJson(health) }),
    image: worker.image,
    resources: worker.resources,
    jobsRun: worker.jobsRun,
    ...(worker.pool === undefined ? {} : { pool: worker.pool }),
    ...(worker.jobId === undefined ? {} : { jobId: worker.jobId }),
    ...(handle === undefined ? {} : { resourceId: handle.resourceId, warnings: handle.warnings }),
    createdAt: formatMoment(worker.createdAt),
    stateChangedAt: formatMoment(worker.stateChangedAt),
    expiresAt: formatMoment(worker.expiresAt),
    ...(worker.lastSeenAt === undefined ? {} : { lastSeenAt: formatMoment(worker.lastSeenAt) }),
    ...(heartbeat === undefined
      ? {}
      : {
          heartbeatAt: formatMoment(heartbeat.at),
          ...(heartbeat.progress === undefined ? {} : { progress: heartbeat.progress }),
        }),
    ...(endRequest === undefined
      ? {}
      : { endRequest: { kind: endRequest.kind, at: formatMoment(endRequest.at), by: endRequest.by } }),
    ...(termination === undefined ? {} : { cause: termination.cause, evidence: termination.evidence }),
  };
}

const healthToJson = (health: WorkerHealth): Frozen<WorkerHealthJson> =>
  'since' in health ? { ...health, since: formatMoment(health.since) } : health;
