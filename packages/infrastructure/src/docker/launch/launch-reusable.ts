import {
  assertWithoutStdin,
  HodeiError,
  NO_OUTPUT,
  orAborted,
  type LaunchOrder,
  type OutputChunk,
  type WorkerExit,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { restOf } from './announce-order.ts';
import { DockerRunningJob } from './docker-running-job.ts';
import { followJobLog } from '../output/follow-job-log.ts';
import type { Subject } from '../workers/inspect-container.ts';
import { LiveOrder } from './live-order.ts';
import type { ExitQuery } from '../ends/read-exit.ts';
import { knownAfter, NOTHING_KNOWN } from '../output/output-place.ts';
import { refusal } from './read-verdict.ts';
import { recoverWorker } from '../workers/recover-worker.ts';
import { exitOf, waitForJobEnd } from '../ends/wait-for-job-end.ts';
import type { WorkerSession, WorkerSessions } from '../workers/worker-session.ts';

interface Launch {
  readonly handle: WorkerHandle;
  readonly order: LaunchOrder;
  readonly signal: AbortSignal | undefined;
}

/**
 * As `launchWorker`, for a worker that takes one order after another: its stdin stays open, and the job's end
 * is what the worker says behind the job's output.
 *
 * @throws HodeiError `worker_not_ready` where it has an order, or its last job did not leave it clean.
 */
export async function launchReusable(
  engine: DockerEngine,
  sessions: WorkerSessions,
  session: WorkerSession,
  { handle, order, signal }: Launch,
): Promise<DockerRunningJob> {
  assertWithoutStdin(order);
  const rest = restOf(session, handle, order);
  if (session.isTaken) {
    throw new HodeiError(
      'worker_not_ready',
      `worker ${handle.workerId} has an order, or its last job did not leave it clean; destroy it if that has ended`,
    );
  }
  session.isTaken = true;
  session.nonces.add(order.nonce);
  session.socket.write(rest);
  session.announced = undefined;

  const live = new LiveOrder(order.nonce, session.frames);
  const ended = live.end.then((end) => {
    session.running = undefined;
    if (end?.condition === 'clean') {
      session.isTaken = false;
      session.frames.watch();
    }
    return end === undefined ? undefined : { end, at: Date.now() };
  });
  const disconnect = (): void => {
    live.letGo();
    session.socket.destroy();
  };
  const verdict = await orAborted(live.verdict, signal, disconnect);
  if (verdict === undefined) {
    // The worker ended, or the connection broke: then the order may have arrived. The log knows.
    disconnect();
    const recovered = await recoverWorker(engine, sessions, handle, { nonce: order.nonce, from: NO_OUTPUT, signal });
    session.running = recovered;
    return recovered;
  }
  const refused = refusal(verdict, handle);
  if (refused !== undefined) {
    await orAborted(ended, signal, disconnect);
    throw refused;
  }
  const wait = async (_: unknown, subject: Subject, options: ExitQuery): Promise<WorkerExit> => {
    const giveUp = options.signal;
    const found = await orAborted(ended, giveUp);
    if (found === undefined) return await waitForJobEnd(engine, subject, order.nonce, giveUp);
    const exit = await exitOf(engine, subject, found, giveUp);
    return found.end.condition === 'clean' ? { ...exit, reusable: true } : exit;
  };
  const running = new DockerRunningJob(
    engine,
    handle,
    (detached) => outputOf(live, engine, handle, order.nonce, { detached, disconnect }),
    disconnect,
    true,
    wait,
  );
  session.running = running;
  return running;
}

/** Where the connection ends before the job does, the rest comes from the engine's log. */
async function* outputOf(
  live: LiveOrder,
  engine: DockerEngine,
  handle: WorkerHandle,
  nonce: string,
  { detached, disconnect }: { readonly detached: AbortSignal; readonly disconnect: () => void },
): AsyncGenerator<OutputChunk, void, undefined> {
  let isRead = false;
  let known = NOTHING_KNOWN;
  try {
    for await (const chunk of live.output()) {
      known = knownAfter(known, chunk);
      yield chunk;
    }
    isRead = true;
  } finally {
    // Whoever stops reading lets go of the job.
    if (!isRead) disconnect();
  }
  if ((await live.end) === undefined) yield* followJobLog(engine, handle, known, detached, { nonce });
}
