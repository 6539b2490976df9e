import { setTimeout as delay } from 'node:timers/promises';

import { HodeiError, isHodeiError, type ProviderId, type WorkerRef } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import type { Subject } from './inspect-container.ts';
import { stopWorker } from './stop-worker.ts';
import { conditionOf } from '../engine/translate-docker-error.ts';

/** How long a removal, ours or another's, may take before we say that it does not come to an end. */
const REMOVAL_DEADLINE_MS = 60_000;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;

/**
 * {@link WorkerProvider.destroyWorker}. Stops first and removes then: forced removal of what is just ending
 * was seen to fail, and once to hang in "removal in progress". What is not ours is left alone.
 *
 * @throws HodeiError `provider_timeout` where it is still there after a minute of trying.
 */
export async function destroyWorker(
  engine: DockerEngine,
  worker: WorkerRef,
  providerId: ProviderId,
  options: {
    readonly gracePeriodMs: number;
    /** Its container, where that is known to be ours and to have ended: then nothing is asked before. */
    readonly ended?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const resourceId = options.ended ?? (await stopWorker(engine, worker, providerId, options));
  if (resourceId !== undefined)
    await removeContainer(engine, { workerId: worker.workerId, resourceId }, options.signal);
}

/** Removes a container with its anonymous volumes, until it is gone. Only for what is known to be ours. */
export async function removeContainer(
  engine: DockerEngine,
  { workerId, resourceId }: Subject,
  signal?: AbortSignal,
): Promise<void> {
  await removeById(engine, resourceId, `worker ${workerId}`, signal);
}

/** The same for what is no worker; `what` is its name in messages. */
export async function removeById(
  engine: DockerEngine,
  resourceId: string,
  what: string,
  signal?: AbortSignal,
): Promise<void> {
  const call = { doing: `removing ${what}`, subject: what };
  const until = Date.now() + REMOVAL_DEADLINE_MS;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
    try {
      await engine.call(
        call,
        (docker, abortSignal) => docker.getContainer(resourceId).remove({ force: true, v: true, abortSignal }),
        { signal },
      );
      return;
    } catch (error) {
      if (isHodeiError(error, 'worker_not_found')) return;
      if (!mayPass(error)) throw error;
      if (Date.now() + pause > until) {
        throw new HodeiError(
          'provider_timeout',
          `${what} is not gone ${REMOVAL_DEADLINE_MS} ms after its removal was asked for; look at container ${resourceId}`,
          { cause: error },
        );
      }
    }
    await delay(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Being removed already, just ending, or a failure of the engine's own (500), like a device that is busy. */
const mayPass = (error: unknown): boolean => {
  const condition = conditionOf(error);
  if (condition === 'being-removed' || condition === 'not-running') return true;
  return isHodeiError(error) && error.details['status'] === 500;
};
