import {
  HodeiError,
  LABELS,
  parseJobId,
  parseWorkerId,
  type EpochMs,
  type InstallationId,
  type ListedWorker,
  type ProviderId,
  type WorkerId,
} from '@hodei/domain';

import type { DockerEngine, EngineCallOptions } from '../engine/docker-engine.ts';
import { toWorkerState } from './worker-state-map.ts';

/** Whose workers. */
export interface WorkerOwner {
  readonly installationId: InstallationId;
  readonly providerId: ProviderId;
}

/** The engine's filter for what is this owner's: nothing else is ever looked at. */
export const ownedLabels = ({ installationId, providerId }: WorkerOwner): string[] => [
  `${LABELS.managed}=true`,
  `${LABELS.installation}=${installationId}`,
  `${LABELS.provider}=${providerId}`,
];

/**
 * All workers of this owner, the ended ones too, in one call.
 *
 * @throws HodeiError `unknown_value` for a state that is none, or a label of ours that nobody can read: such a
 * container is neither counted nor skipped in silence.
 */
export async function listWorkers(
  engine: DockerEngine,
  owner: WorkerOwner,
  options: EngineCallOptions = {},
): Promise<readonly ListedWorker[]> {
  const containers = await engine.call(
    { doing: 'listing workers' },
    (docker, abortSignal) => docker.listContainers({ all: true, filters: { label: ownedLabels(owner) }, abortSignal }),
    options,
  );
  return containers.filter(isNoHolder).map((container) => {
    const labels: Readonly<Record<string, string>> = container.Labels;
    const jobId = readLabel(labels, LABELS.job, container.Id, parseJobId);
    const expiresAt = readLabel(labels, LABELS.expiresAt, container.Id, parseMoment);
    return {
      workerId: readWorkerId(labels, container.Id),
      ...(jobId === undefined ? {} : { jobId }),
      resourceId: container.Id,
      state: toWorkerState(container.State),
      createdAt: container.Created * 1000,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...troubleOf(container),
    };
  });
}

/** What is wrong with a container that runs. Its health check's result stands only in the words of its status. */
function troubleOf({ State, Status }: { readonly State: string; readonly Status: string }): {
  readonly trouble?: string;
} {
  if (State === 'paused') return { trouble: 'it is paused' };
  if (State === 'restarting') return { trouble: 'it is being restarted' };
  return State === 'running' && Status.endsWith('(unhealthy)') ? { trouble: 'its health check fails' } : {};
}

/** What holds a shared network is ours, and no worker. */
const isNoHolder = ({ Labels }: { readonly Labels: Readonly<Record<string, string>> }): boolean =>
  Labels[LABELS.network] === undefined || Labels[LABELS.worker] !== undefined;

/** @throws HodeiError `unknown_value`, naming the container. */
export function readWorkerId(labels: Readonly<Record<string, string>>, containerId: string): WorkerId {
  const workerId = readLabel(labels, LABELS.worker, containerId, parseWorkerId);
  if (workerId !== undefined) return workerId;
  throw new HodeiError(
    'unknown_value',
    `container ${containerId} has our other labels, but no ${LABELS.worker}; remove the container`,
  );
}

function readLabel<T>(
  labels: Readonly<Record<string, string>>,
  label: string,
  containerId: string,
  parse: (text: string) => T,
): T | undefined {
  const text = labels[label];
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    throw new HodeiError(
      'unknown_value',
      `container ${containerId} has the label ${label}="${text.slice(0, 100)}", which can't be read; remove the container`,
      { cause },
    );
  }
}

function parseMoment(text: string): EpochMs {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new HodeiError('unknown_value', `"${text.slice(0, 100)}" is no moment in ISO 8601`);
  return moment;
}
