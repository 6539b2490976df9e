import type { WorkerHandle, WorkerStatus } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { isAlive, requireContainer } from './inspect-container.ts';
import { readExit } from '../ends/read-exit.ts';
import { toWorkerState } from './worker-state-map.ts';

/** {@link WorkerProvider.getWorkerStatus} */
export async function getWorkerStatus(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal?: AbortSignal,
): Promise<WorkerStatus> {
  const info = await requireContainer(engine, handle, signal);
  const engineState = info.State.Status;
  const state = toWorkerState(engineState);
  const hasExit = engineState !== 'created' && !isAlive(info);
  return { state, engineState, ...(hasExit ? { exit: await readExit(engine, handle, info, { signal }) } : {}) };
}
