import { setTimeout as delay } from 'node:timers/promises';

import {
  createOrderReader,
  HodeiError,
  isHodeiError,
  NEVER_LAUNCHED_EXIT_CODE,
  type EpochMs,
  type JobEnd,
  type WorkerExit,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { hasEnded, unlessGone, type Subject } from '../workers/inspect-container.ts';
import { readEngineLog } from '../output/read-engine-log.ts';
import { signalSent } from './read-exit.ts';
import { waitForExit } from './wait-for-exit.ts';

/** An end marker is in the last message of its job; what is behind it are other jobs, which are few and rare. */
const TAIL_MESSAGES = 100;
const RETRY_MS = 200;

/**
 * Waits for the end of one job of a reusable worker by the engine's log, without a connection to it.
 *
 * @throws HodeiError `worker_not_found` where the worker vanished, and with it the job's exit code.
 */
export async function waitForJobEnd(
  engine: DockerEngine,
  subject: Subject,
  nonce: string,
  signal?: AbortSignal,
): Promise<WorkerExit> {
  // A job before the last one has ended already, however far back that is.
  let found = await findEnd(engine, subject, { nonce, signal }).catch(unlessAway);
  while (found === undefined) {
    const hadEnded = await hasEnded(engine, subject, signal);
    const tail = hadEnded ? undefined : TAIL_MESSAGES;
    const lenient = hadEnded ? unlessGone : unlessAway;
    found = await findEnd(engine, subject, { nonce, follow: true, tail, signal }).catch(lenient);
    if (found !== undefined) break;
    if (hadEnded) return await exitOfWorker(engine, subject, signal);
    await delay(RETRY_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  return await exitOf(engine, subject, found, signal);
}

/** How a job's end is told, by what its worker said of it. Only who holds the worker can use it again. */
export async function exitOf(
  engine: DockerEngine,
  subject: Subject,
  { end: { exitCode, condition }, at }: FoundEnd,
  signal?: AbortSignal,
): Promise<WorkerExit> {
  const exit = { exitCode, oomKilled: condition === 'out-of-memory', exitedAt: at };
  // A signal that the engine sent goes to the launcher as well, which says so.
  return condition === 'stopped' ? { ...exit, ...(await signalSent(engine, subject, exit, signal)) } : exit;
}

/** The end of a job whose worker ended before it could say something of it: killed, with all that is in it. */
export async function exitOfWorker(engine: DockerEngine, subject: Subject, signal?: AbortSignal): Promise<WorkerExit> {
  const exit = await waitForExit(engine, subject, { signal });
  if (exit.exitCode !== NEVER_LAUNCHED_EXIT_CODE) return exit;
  throw new HodeiError(
    'worker_not_found',
    `worker ${subject.workerId} ended some time after its job, whose exit code is no longer known`,
  );
}

interface FoundEnd {
  readonly end: JobEnd;
  readonly at: EpochMs;
}

async function findEnd(
  engine: DockerEngine,
  handle: Pick<WorkerHandle, 'workerId' | 'resourceId'>,
  {
    nonce,
    follow = false,
    tail,
    signal,
  }: { nonce: string; follow?: boolean; tail?: number | undefined; signal: AbortSignal | undefined },
): Promise<FoundEnd | undefined> {
  const reader = createOrderReader(nonce);
  const query = { handle, follow, stream: 'stdout', signal, ...(tail === undefined ? {} : { tail }) } as const;
  for await (const messages of readEngineLog(engine, query)) {
    for (const { bytes, at } of messages) {
      reader.push(bytes);
      if (reader.end !== undefined) return { end: reader.end, at };
    }
  }
  return undefined;
}

function unlessAway(error: unknown): undefined {
  if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout', 'worker_not_found')) throw error;
}
