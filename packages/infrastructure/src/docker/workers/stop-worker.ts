import { isHodeiError, type ProviderId, type WorkerRef } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { findContainer, isAlive, unlessGone, type Subject } from './inspect-container.ts';
import { conditionOf } from '../engine/translate-docker-error.ts';
import { waitUntilEnded } from './wait-until-ended.ts';

/** How long the kernel may take to end what was killed, before we say that it does not. */
const KILL_DEADLINE_MS = 60_000;

/**
 * Ends the container of a worker: SIGTERM, and SIGKILL after the grace period, in milliseconds (the engine's
 * own `stop` counts seconds). Resolves when it has ended. What is gone, has ended or is not ours is left
 * alone.
 *
 * @returns the container's id, or nothing where there is none of ours.
 */
export async function stopWorker(
  engine: DockerEngine,
  worker: WorkerRef,
  providerId: ProviderId,
  { gracePeriodMs, signal }: { readonly gracePeriodMs: number; readonly signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const info = await findContainer(engine, worker, providerId, signal);
  if (info === undefined) return undefined;
  const subject = { workerId: worker.workerId, resourceId: info.Id };
  if (!isAlive(info)) return info.Id;
  if (gracePeriodMs > 0) {
    await send(engine, subject, 'SIGTERM', signal);
    // A frozen process only gets it when it is thawed, which not every engine does by itself.
    if (info.State.Paused) await thaw(engine, subject, signal);
    if (await endsWithin(engine, subject, gracePeriodMs, signal)) return info.Id;
  }
  await send(engine, subject, 'SIGKILL', signal);
  await waitUntilEnded(engine, subject, { signal, timeoutMs: KILL_DEADLINE_MS }).catch(unlessGone);
  return info.Id;
}

async function send(
  engine: DockerEngine,
  subject: Subject,
  signal: 'SIGTERM' | 'SIGKILL',
  abort: AbortSignal | undefined,
): Promise<void> {
  const call = { doing: `sending ${signal} to worker ${subject.workerId}`, subject: `worker ${subject.workerId}` };
  await engine
    .call(call, (docker, abortSignal) => docker.getContainer(subject.resourceId).kill({ signal, abortSignal }), {
      signal: abort,
    })
    .catch(unlessEnded);
}

async function thaw(engine: DockerEngine, subject: Subject, signal: AbortSignal | undefined): Promise<void> {
  const call = { doing: `thawing worker ${subject.workerId}`, subject: `worker ${subject.workerId}` };
  await engine
    .call(call, (docker, abortSignal) => docker.getContainer(subject.resourceId).unpause({ abortSignal }), { signal })
    .catch(unlessThawed);
}

async function endsWithin(
  engine: DockerEngine,
  subject: Subject,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await waitUntilEnded(engine, subject, { signal, timeoutMs });
    return true;
  } catch (error) {
    if (isHodeiError(error, 'worker_not_found')) return true;
    if (isHodeiError(error, 'provider_timeout')) return false;
    throw error;
  }
}

function unlessEnded(error: unknown): void {
  const condition = conditionOf(error);
  if (condition !== 'not-running' && condition !== 'being-removed') unlessGone(error);
}

/** Thawed or ended meanwhile; some engines thaw what they send a signal to, and not all at once. */
function unlessThawed(error: unknown): void {
  const isThawed =
    isHodeiError(error) && /is not paused|cannot resume a (stopped container|running process)/i.test(error.message);
  if (!isThawed) unlessEnded(error);
}
