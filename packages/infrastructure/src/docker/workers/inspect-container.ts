import { setTimeout as delay } from 'node:timers/promises';

import {
  HodeiError,
  isHodeiError,
  LABELS,
  workerName,
  type ProviderId,
  type WorkerHandle,
  type WorkerRef,
} from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from '../engine/docker-engine.ts';

/** Which worker is meant, for the engine and for messages. */
export type Subject = Pick<WorkerHandle, 'workerId' | 'resourceId'>;

/** How long an engine that went away may take to come back before a wait is given up. */
export const RECONNECT_WINDOW_MS = 30_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

/** @throws HodeiError `worker_not_found` */
export async function inspectContainer(
  engine: DockerEngine,
  { workerId, resourceId }: Subject,
  signal?: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  return await engine.call(
    { doing: `looking at worker ${workerId}`, subject: `worker ${workerId}` },
    (docker, abortSignal) => docker.getContainer(resourceId).inspect({ abortSignal }),
    { signal },
  );
}

/** As {@link inspectContainer}, but where the engine is away it waits for it, up to {@link RECONNECT_WINDOW_MS}. */
export async function inspectPatiently(
  engine: DockerEngine,
  subject: Subject,
  signal?: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  const until = Date.now() + RECONNECT_WINDOW_MS;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
    try {
      return await inspectContainer(engine, subject, signal);
    } catch (error) {
      if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout') || Date.now() + pause > until) throw error;
    }
    await delay(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Whether the first process of a container still is, frozen or not. */
export const isAlive = ({ State }: Pick<Docker.ContainerInspectInfo, 'State'>): boolean =>
  State.Running || State.Paused || State.Restarting;

/** Whether a container has ended or is gone. Waits for an engine that is away as {@link inspectPatiently} does. */
export async function hasEnded(engine: DockerEngine, subject: Subject, signal?: AbortSignal): Promise<boolean> {
  const info = await inspectPatiently(engine, subject, signal).catch(unlessGone);
  return info === undefined || !isAlive(info);
}

/** Only what bears all labels of this worker and provider is ours to touch. */
export function isOurs(
  { Config }: Pick<Docker.ContainerInspectInfo, 'Config'>,
  worker: Pick<WorkerRef, 'workerId'>,
  providerId: ProviderId,
): boolean {
  const labels = Config.Labels;
  return (
    labels[LABELS.managed] === 'true' &&
    labels[LABELS.worker] === worker.workerId &&
    labels[LABELS.provider] === providerId
  );
}

/**
 * The container of a worker, by the engine's id where that is known, else by its name; nothing where there is
 * none, or where it is not ours.
 */
export async function findContainer(
  engine: DockerEngine,
  worker: WorkerRef,
  providerId: ProviderId,
  signal?: AbortSignal,
): Promise<Docker.ContainerInspectInfo | undefined> {
  const names =
    worker.resourceId === undefined ? [workerName(worker.workerId)] : [worker.resourceId, workerName(worker.workerId)];
  for (const resourceId of names) {
    const info = await inspectContainer(engine, { workerId: worker.workerId, resourceId }, signal).catch(unlessGone);
    if (info !== undefined && isOurs(info, worker, providerId)) return info;
  }
  return undefined;
}

/** For `catch`: a worker that is gone is no failure. */
export function unlessGone(error: unknown): undefined {
  if (!isHodeiError(error, 'worker_not_found')) throw error;
}

/** @throws HodeiError `worker_not_found` where there is no container of this handle, or it is not ours. */
export async function requireContainer(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal?: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  const info = await inspectContainer(engine, handle, signal);
  if (isOurs(info, handle, handle.providerId)) return info;
  throw new HodeiError(
    'worker_not_found',
    `container ${handle.resourceId} is not worker ${handle.workerId} of provider ${handle.providerId}`,
  );
}
