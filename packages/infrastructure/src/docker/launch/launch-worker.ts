import { createLaunchReader, HodeiError, NO_OUTPUT, type LaunchOrder, type WorkerHandle } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { restOf } from './announce-order.ts';
import { DockerRunningJob } from './docker-running-job.ts';
import { isDirect, isReusable } from '../workers/handle-state.ts';
import { isAlive, requireContainer } from '../workers/inspect-container.ts';
import { launchReusable } from './launch-reusable.ts';
import { liveOutput } from './live-output.ts';
import type { Frame } from '../output/read-frames.ts';
import { neverLaunched, readVerdict, refusal } from './read-verdict.ts';
import { recoverWorker } from '../workers/recover-worker.ts';
import type { WorkerSession, WorkerSessions } from '../workers/worker-session.ts';

/**
 * {@link WorkerProvider.launch}: writes the order on the connection that this process holds and waits for the
 * worker's word. There is no other round trip between the order and the job's first byte.
 */
export async function launchWorker(
  engine: DockerEngine,
  sessions: WorkerSessions,
  handle: WorkerHandle,
  order: LaunchOrder,
  signal?: AbortSignal,
): Promise<DockerRunningJob> {
  signal?.throwIfAborted();
  const session = sessions.get(handle.workerId, handle.resourceId);
  if (isReusable(handle)) {
    if (session === undefined) throw await whyNotHeld(engine, handle, order, signal);
    return await launchReusable(engine, sessions, session, { handle, order, signal });
  }
  if (isDirect(handle)) return await takeDirect(engine, sessions, handle, order, signal);
  const rest = restOf(session, handle, order);
  if (session === undefined) throw await whyNotHeld(engine, handle, order, signal);
  if (session.isTaken) throw tookOrder(handle);
  session.isTaken = true;
  sendOrder(session, rest, order.stdin);

  const { frames } = session;
  const head = await readHead(session, frames, handle, order.nonce, signal);
  if (head === undefined) {
    // Ended, or the connection broke: then the order may have arrived. The log knows.
    session.socket.destroy();
    const recovered = await recoverWorker(engine, sessions, handle, { nonce: order.nonce, from: NO_OUTPUT, signal });
    session.running = recovered;
    return recovered;
  }
  return run(engine, handle, session, head);
}

/** In one packet where it fits: what is left of the order, the job's stdin, and its end. */
function sendOrder({ socket }: WorkerSession, rest: string, stdin: Uint8Array | undefined): void {
  socket.cork();
  socket.write(rest);
  if (stdin !== undefined && stdin.length > 0) socket.write(stdin);
  socket.end();
  socket.uncork();
}

/**
 * Reads up to the worker's word; returns what came with it and is the job's, or nothing where the connection
 * ended before.
 *
 * @throws HodeiError `start_failed`, `command_not_found`; the signal's reason.
 */
async function readHead(
  { socket }: WorkerSession,
  frames: AsyncIterator<readonly Frame[]>,
  handle: WorkerHandle,
  nonce: string,
  signal: AbortSignal | undefined,
): Promise<readonly Frame[] | undefined> {
  const reader = createLaunchReader(nonce);
  const rest: Frame[] = [];
  const disconnect = (): void => void socket.destroy();
  signal?.addEventListener('abort', disconnect, { once: true });
  try {
    while (reader.verdict === undefined) {
      const next = await nextOf(frames);
      signal?.throwIfAborted();
      if (next === undefined) return undefined;
      for (const { stream, bytes } of next) {
        const own = stream === 'stdout' ? reader.push(bytes) : bytes;
        if (own.length > 0) rest.push({ stream, bytes: own });
      }
      if (reader.verdict === undefined && rest.some(({ stream }) => stream === 'stdout')) {
        throw new HodeiError(
          'start_failed',
          `worker ${handle.workerId} wrote something else before it took the order; is /bin/sh of its image a POSIX shell?`,
        );
      }
    }
  } finally {
    signal?.removeEventListener('abort', disconnect);
  }
  const refused = refusal(reader.verdict, handle);
  if (refused === undefined) return rest;
  disconnect();
  throw refused;
}

/** A broken connection is no more than an ended one here: the log tells what became of the order. */
async function nextOf(frames: AsyncIterator<readonly Frame[]>): Promise<readonly Frame[] | undefined> {
  try {
    const next = await frames.next();
    return next.done === true ? undefined : next.value;
  } catch {
    return undefined;
  }
}

function run(
  engine: DockerEngine,
  handle: WorkerHandle,
  session: WorkerSession,
  first: readonly Frame[],
): DockerRunningJob {
  const { socket, frames } = session;
  const running = new DockerRunningJob(
    engine,
    handle,
    (detached, { brokeOff, jobEnded }) => {
      const end = {
        brokeOff,
        jobEnded: (info: Docker.ContainerInspectInfo): void => {
          session.hasEnded = true;
          jobEnded(info);
        },
      };
      return liveOutput(engine, handle, { socket, frames, first, end }, detached);
    },
    () => void socket.destroy(),
    true,
  );
  session.running = running;
  return running;
}

/** A direct worker's job runs already; without a connection to it, its output comes from the log. */
async function takeDirect(
  engine: DockerEngine,
  sessions: WorkerSessions,
  handle: WorkerHandle,
  order: LaunchOrder,
  signal: AbortSignal | undefined,
): Promise<DockerRunningJob> {
  const session = sessions.get(handle.workerId, handle.resourceId);
  if (session === undefined)
    return await recoverWorker(engine, sessions, handle, { nonce: order.nonce, from: NO_OUTPUT, signal });
  if (session.isTaken) throw tookOrder(handle);
  session.isTaken = true;
  return run(engine, handle, session, []);
}

/** @throws HodeiError `worker_not_found` */
async function whyNotHeld(
  engine: DockerEngine,
  handle: WorkerHandle,
  order: LaunchOrder,
  signal: AbortSignal | undefined,
): Promise<HodeiError> {
  if (isAlive(await requireContainer(engine, handle, signal))) {
    return new HodeiError(
      'worker_not_ready',
      `this process holds no connection to worker ${handle.workerId}; only the one that made it can give it an order`,
    );
  }
  const verdict = await readVerdict(engine, handle, order.nonce, signal);
  return verdict === undefined ? neverLaunched(handle) : tookOrder(handle);
}

const tookOrder = ({ workerId }: WorkerHandle): HodeiError =>
  new HodeiError('worker_not_ready', `worker ${workerId} has taken an order already; a worker takes one`);
