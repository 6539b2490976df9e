import type { Duplex } from 'node:stream';

import type { RunningJob, WorkerId, WorkerRef } from '@hodei/domain';

import { readFrames } from '../output/read-frames.ts';
import { WatchedFrames } from '../output/watched-frames.ts';

/** The connection of this process to one worker. */
export interface WorkerSession {
  readonly resourceId: string;
  readonly socket: Duplex;
  /** It takes no order (any more): it has one, had the one that it takes, or is not clean. */
  isTaken: boolean;
  /** The nonce of the order that was sent ahead; without its last line it is void. */
  announced?: string | undefined;
  /** The nonces of the orders that a reusable worker was sent. */
  readonly nonces: Set<string>;
  /** What comes from the worker; from a reusable one, from one job to the next. */
  readonly frames: WatchedFrames;
  /** Its container was seen to have ended, for good: none of ours is started again. */
  hasEnded: boolean;
  /** What became of the order; of a reusable worker, while its job runs. */
  running?: RunningJob | undefined;
}

/** The workers that this process is connected to. Without its connection an idle worker ends by itself. */
export class WorkerSessions {
  readonly #sessions = new Map<WorkerId, WorkerSession>();

  get(workerId: WorkerId, resourceId: string): WorkerSession | undefined {
    const session = this.#sessions.get(workerId);
    return session?.resourceId === resourceId ? session : undefined;
  }

  hold(workerId: WorkerId, resourceId: string, socket: Duplex): void {
    this.close(workerId);
    const frames = new WatchedFrames(readFrames(socket));
    this.#sessions.set(workerId, { resourceId, socket, isTaken: false, hasEnded: false, nonces: new Set(), frames });
  }

  /** Whether the worker takes an order over a connection that was not seen to end. */
  isWaiting(workerId: WorkerId, resourceId: string): boolean {
    const session = this.get(workerId, resourceId);
    return session !== undefined && !session.isTaken && !session.frames.hasEnded && !session.socket.destroyed;
  }

  /** The container of a worker that was made here and seen to have ended; nothing where that is not known. */
  endedContainer({ workerId, resourceId }: WorkerRef): string | undefined {
    const session = this.#sessions.get(workerId);
    if (session?.hasEnded !== true) return undefined;
    return resourceId === undefined || resourceId === session.resourceId ? session.resourceId : undefined;
  }

  /** Lets go of a worker; nothing to do where it is not held. */
  close(workerId: WorkerId): void {
    const session = this.#sessions.get(workerId);
    this.#sessions.delete(workerId);
    session?.running?.detach();
    session?.socket.destroy();
  }

  /** The worker is gone. Its job's output ends by itself, and is read to its end. */
  forget(workerId: WorkerId): void {
    const session = this.#sessions.get(workerId);
    this.#sessions.delete(workerId);
    if (session?.running === undefined) session?.socket.destroy();
  }

  closeAll(): void {
    for (const workerId of this.#sessions.keys()) this.close(workerId);
  }
}
