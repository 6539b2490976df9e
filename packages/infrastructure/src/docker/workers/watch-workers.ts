import { setTimeout as sleep } from 'node:timers/promises';

import { isHodeiError, type WorkerEvent } from '@hodei/domain';

import { BoundedQueue } from '../support/bounded-queue.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import { ownedLabels, type WorkerOwner } from './list-workers.ts';
import { openJsonStream } from '../engine/stream-json.ts';
import { readEventTime, readWorkerChange, STATES_BY_ACTION } from './worker-change.ts';

/** How a watch behaves; all but the signal has a default. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /**
   * A stream that says nothing for so long is opened anew, in milliseconds: that is how an engine that hangs,
   * or a connection whose other end is gone without a word, is found out.
   */
  readonly renewAfterMs?: number;
  /** The wait before the second try to connect, in milliseconds; it doubles up to `mostBackoffMs`. */
  readonly firstBackoffMs?: number;
  readonly mostBackoffMs?: number;
  /** So many events wait for a slow reader; with more of them he gets one `resync` instead. */
  readonly capacity?: number;
}

/** JSON.parse rounds nanoseconds by up to 128; asking for a little more only repeats an event. */
const ROUNDING_SECONDS = 1e-6;

/**
 * See `WorkerProvider.watchWorkers`. `resync` is said when a stream has been opened, so that a list that is
 * made after it misses nothing that the events do not say.
 *
 * An engine that can't be reached is no error here: the health check says so. The engine keeps its last 256
 * events and repeats those since the last one seen; beyond that, `resync` is what makes it right.
 */
export async function* watchWorkers(
  engine: DockerEngine,
  owner: WorkerOwner,
  options: WatchOptions,
): AsyncGenerator<WorkerEvent> {
  const { signal, capacity = 1_000 } = options;
  if (signal.aborted) return;
  const stop = new AbortController();
  const queue = new BoundedQueue<WorkerEvent>(capacity, resync);
  const onAbort = (): void => {
    stop.abort();
    queue.end();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const watching = keepWatching(engine, owner, { ...options, signal: stop.signal }, queue);
  try {
    yield* queue;
  } finally {
    signal.removeEventListener('abort', onAbort);
    onAbort();
    await watching;
  }
}

const resync = (): WorkerEvent => ({ kind: 'resync', at: Date.now() });

async function keepWatching(
  engine: DockerEngine,
  owner: WorkerOwner,
  options: WatchOptions,
  queue: BoundedQueue<WorkerEvent>,
): Promise<void> {
  const { signal, renewAfterMs = 60_000, firstBackoffMs = 100, mostBackoffMs = 5_000 } = options;
  let since: number | undefined;
  let backoffMs = firstBackoffMs;
  while (!signal.aborted) {
    const renew = new AbortController();
    const stopStream = (): void => renew.abort();
    signal.addEventListener('abort', stopStream, { once: true });
    const quiet = setTimeout(stopStream, renewAfterMs);
    try {
      const events = await openEvents(engine, owner, since, renew.signal);
      backoffMs = firstBackoffMs;
      queue.push(resync());
      for await (const event of events) {
        quiet.refresh();
        since = readEventTime(event) ?? since;
        hand(event, queue);
      }
    } catch {
      // Whatever it was, the next try shows whether it lasts; no event is trusted to have come before it.
    } finally {
      clearTimeout(quiet);
      signal.removeEventListener('abort', stopStream);
    }
    // A renewal needs no wait, but a stream that ends at once, again and again, does.
    if (signal.aborted || renew.signal.aborted) continue;
    await sleep(backoffMs, undefined, { signal }).catch(() => {});
    backoffMs = Math.min(backoffMs * 2, mostBackoffMs);
  }
}

function openEvents(
  engine: DockerEngine,
  owner: WorkerOwner,
  sinceNano: number | undefined,
  signal: AbortSignal,
): Promise<AsyncGenerator<unknown>> {
  const filters = { type: ['container' as const], label: ownedLabels(owner), event: Object.keys(STATES_BY_ACTION) };
  const since = sinceNano === undefined ? {} : { since: sinceNano / 1e9 - ROUNDING_SECONDS };
  return openJsonStream(
    engine,
    { doing: 'watching workers' },
    (docker, abortSignal) => docker.getEvents({ filters, ...since, abortSignal }),
    { signal },
  );
}

/** An event that can't be read still says that something happened; the list then says what is wrong. */
function hand(event: unknown, queue: BoundedQueue<WorkerEvent>): void {
  try {
    const change = readWorkerChange(event);
    if (change !== undefined) queue.push(change);
  } catch (error) {
    if (!isHodeiError(error, 'unknown_value')) throw error;
    queue.push(resync());
  }
}
