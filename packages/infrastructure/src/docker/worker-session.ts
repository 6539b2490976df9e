import type { Duplex } from 'node:stream';

import type { WorkerId } from '@hodei/domain';

import type { DockerRunningJob } from './docker-running-job.ts';

/** The connection of this process to one worker. */
export interface WorkerSession {
  readonly resourceId: string;
  readonly socket: Duplex;
  /** A worker takes one order. */
  isTaken: boolean;
  /** What became of the order. */
  running?: DockerRunningJob;
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
    this.#sessions.set(workerId, { resourceId, socket, isTaken: false });
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
