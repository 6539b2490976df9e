import { HodeiError, isHodeiError, type WorkerExit } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { inspectPatiently, isAlive, type Subject } from '../workers/inspect-container.ts';
import { readExit, readExitOfGone, type ExitQuery } from './read-exit.ts';
import { waitUntilEnded } from '../workers/wait-until-ended.ts';

/** A wait is asked anew so often: a connection that died without a word must not make it wait for ever. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Waits until a started container has ended. A broken connection and an engine that restarts don't end the
 * wait; an engine that stays away does.
 *
 * @throws HodeiError `worker_not_found` where it is gone and the engine does not remember its exit code,
 * `provider_unavailable` or `provider_timeout` where the engine stayed away for the whole reconnect window.
 */
export async function waitForExit(engine: DockerEngine, subject: Subject, query: ExitQuery = {}): Promise<WorkerExit> {
  const { signal, ended } = query;
  // Of a failure it is asked again: the word that it was for memory may come just after the end (moby 20.10).
  if (ended?.State.ExitCode === 0) return await readExit(engine, subject, ended, query);
  try {
    for (;;) {
      await waitOnce(engine, subject, signal);
      const info = await inspectPatiently(engine, subject, signal);
      if (!isAlive(info)) return await readExit(engine, subject, info, query);
    }
  } catch (error) {
    if (!isHodeiError(error, 'worker_not_found')) throw error;
    const exit = await readExitOfGone(engine, subject, signal);
    if (exit !== undefined) return exit;
    throw new HodeiError('worker_not_found', `worker ${subject.workerId} vanished, and with it its exit code`, {
      cause: error,
    });
  }
}

async function waitOnce(engine: DockerEngine, subject: Subject, signal: AbortSignal | undefined): Promise<void> {
  try {
    await waitUntilEnded(engine, subject, { signal, timeoutMs: LONGEST_WAIT_MS });
  } catch (error) {
    if (!isHodeiError(error, 'provider_timeout', 'provider_unavailable')) throw error;
  }
}
