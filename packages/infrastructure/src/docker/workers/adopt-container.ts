import { HodeiError, LABELS, workerName, type ProviderId, type WorkerHandle, type WorkerSpec } from '@hodei/domain';

import { removeContainer } from './destroy-worker.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import { inspectContainer, isAlive, isOurs, unlessGone, type Subject } from './inspect-container.ts';
import { markerOf } from '../output/log-cursor.ts';
import { readEngineLog } from '../output/read-engine-log.ts';
import type { WorkerSessions } from './worker-session.ts';

/**
 * What to do about a container that has the name of a worker to be made. Ours is adopted; where it can't take
 * an order from this process and never took one, it is removed to be made again.
 *
 * @returns nothing where the name is free (again).
 * @throws HodeiError `name_taken` for what is not ours, which is not touched; `conflict` where it took an
 * order already.
 */
export async function adoptContainer(
  {
    engine,
    providerId,
    sessions,
  }: { readonly engine: DockerEngine; readonly providerId: ProviderId; readonly sessions: WorkerSessions },
  spec: WorkerSpec,
  signal: AbortSignal | undefined,
): Promise<Pick<WorkerHandle, 'resourceId' | 'createdAt'> | undefined> {
  const name = workerName(spec.workerId);
  const info = await inspectContainer(engine, { workerId: spec.workerId, resourceId: name }, signal).catch(unlessGone);
  if (info === undefined) return undefined;
  if (!isOurs(info, spec, providerId) || info.Config.Labels[LABELS.installation] !== spec.installationId) {
    throw new HodeiError(
      'name_taken',
      `a container named ${name} is on the Docker Engine already and is not ours; remove or rename it`,
      { details: { containerId: info.Id } },
    );
  }
  const subject = { workerId: spec.workerId, resourceId: info.Id };
  const found = { resourceId: info.Id, createdAt: Date.parse(info.Created) };
  const isHeld = sessions.get(spec.workerId, info.Id) !== undefined;
  const wasStarted = info.State.Status !== 'created';
  if (wasStarted && (spec.direct !== undefined || (isHeld && isAlive(info)))) return found;
  if (wasStarted && (await tookOrder(engine, subject, signal))) {
    throw new HodeiError(
      'conflict',
      `worker ${spec.workerId} is there and has taken an order already; take it up again, or destroy it first`,
    );
  }
  // It ended; or waits for an order over a connection that is not ours, and that nobody may hold any more; or
  // its maker died before the start: once a first connection is lost, its stdin is at its end (StdinOnce).
  sessions.close(spec.workerId);
  await removeContainer(engine, subject, signal);
  return undefined;
}

async function tookOrder(engine: DockerEngine, handle: Subject, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const messages of readEngineLog(engine, { handle, follow: false, stream: 'stdout', signal })) {
    const first = messages[0];
    if (first !== undefined) return markerOf(first.bytes) !== undefined;
  }
  return false;
}
