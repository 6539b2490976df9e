import type { CallOptions, OutputChunk, RunningJob, WorkerExit, WorkerHandle } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from '../engine/docker-engine.ts';
import type { Subject } from '../workers/inspect-container.ts';
import type { ExitQuery } from '../ends/read-exit.ts';
import { waitForExit } from '../ends/wait-for-exit.ts';
import type { ConnectionEnd } from './live-output.ts';

type WaitForEnd = (engine: DockerEngine, subject: Subject, query: ExitQuery) => Promise<WorkerExit>;

/** A job in a container; where its output comes from is the caller's to say. */
export class DockerRunningJob implements RunningJob {
  readonly output: AsyncIterable<OutputChunk>;
  readonly #engine: DockerEngine;
  readonly #handle: WorkerHandle;
  readonly #detached = new AbortController();
  readonly #disconnect: () => void;
  readonly #wait: WaitForEnd;
  #wasWatched: boolean;
  #ended: Docker.ContainerInspectInfo | undefined;

  /**
   * @param openOutput is given a signal that aborts when the job is detached, and is to say how the connection that
   * it reads from ended.
   * @param wasWatched false where the job was taken up again: what happened before is not known.
   * @param disconnect lets go of a connection whose output nobody reads.
   * @param wait for the end of the job, where that is not the end of its worker.
   */
  constructor(
    engine: DockerEngine,
    handle: WorkerHandle,
    openOutput: (signal: AbortSignal, end: ConnectionEnd) => AsyncIterable<OutputChunk>,
    disconnect: () => void = () => undefined,
    wasWatched = false,
    wait: WaitForEnd = waitForExit,
  ) {
    this.#wasWatched = wasWatched;
    this.#engine = engine;
    this.#handle = handle;
    this.#disconnect = disconnect;
    this.#wait = wait;
    const output = openOutput(this.#detached.signal, {
      brokeOff: () => {
        this.#wasWatched = false;
      },
      jobEnded: (info) => {
        this.#ended = info;
      },
    });
    this.output = untilDetached(output, this.#detached.signal);
  }

  async waitForExit({ signal }: CallOptions = {}): Promise<WorkerExit> {
    return await this.#wait(this.#engine, this.#handle, { signal, wasWatched: this.#wasWatched, ended: this.#ended });
  }

  detach(): void {
    this.#detached.abort();
    this.#disconnect();
  }
}

/** Letting go is no error of the output: it just ends. */
async function* untilDetached(
  output: AsyncIterable<OutputChunk>,
  detached: AbortSignal,
): AsyncGenerator<OutputChunk, void, undefined> {
  try {
    if (!detached.aborted) yield* output;
  } catch (error) {
    if (!detached.aborted) throw error;
  }
}
