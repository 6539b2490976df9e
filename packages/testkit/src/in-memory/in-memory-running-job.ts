import type { CallOptions, OutputChunk, OutputOffsets, RunningJob, WorkerExit } from '@hodei/domain';
import type { InMemoryWorker } from './in-memory-worker.ts';
import type { abortable } from './waiting.ts';
import { anySignal } from './waiting.ts';

/** What ends an output that nobody wants any more; readers never see it. */
const LET_GO = Symbol('let go');

/** A job in a worker of the in-memory engine. */
export class InMemoryRunningJob implements RunningJob {
  readonly output: AsyncIterable<OutputChunk>;
  readonly #worker: InMemoryWorker;
  readonly #downSignal: AbortSignal;
  readonly #wait: typeof abortable<WorkerExit>;
  readonly #detached = new AbortController();

  /** @param wait makes the wait for the exit, where a fault may strike it. */
  constructor(
    worker: InMemoryWorker,
    from: OutputOffsets,
    downSignal: AbortSignal,
    wait: typeof abortable<WorkerExit>,
  ) {
    this.#worker = worker;
    this.#downSignal = downSignal;
    this.#wait = wait;
    this.output = this.#read(from);
  }

  async waitForExit({ signal }: CallOptions = {}): Promise<WorkerExit> {
    signal?.throwIfAborted();
    return await this.#wait(this.#worker.ended, anySignal(signal, this.#downSignal));
  }

  detach(): void {
    this.#detached.abort(LET_GO);
  }

  async *#read(from: OutputOffsets): AsyncGenerator<OutputChunk> {
    try {
      yield* this.#worker.output.follow(from, anySignal(this.#detached.signal, this.#downSignal));
    } catch (error) {
      if (error !== LET_GO) throw error;
    }
  }
}
