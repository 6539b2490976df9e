import {
  LinkedAbort,
  type orAborted,
  type CallOptions,
  type OutputChunk,
  type OutputOffsets,
  type RunningJob,
  type WorkerExit,
} from '@hodei/domain';
import type { InMemoryOrder } from './in-memory-order.ts';

/** What ends an output that nobody wants any more; readers never see it. */
const LET_GO = Symbol('let go');

/** A job in a worker of the in-memory engine. */
export class InMemoryRunningJob implements RunningJob {
  readonly output: AsyncIterable<OutputChunk>;
  readonly #order: InMemoryOrder;
  readonly #downSignal: AbortSignal;
  readonly #wait: typeof orAborted<WorkerExit>;
  readonly #detached = new AbortController();

  /** @param wait makes the wait for the exit, where a fault may strike it. */
  constructor(order: InMemoryOrder, from: OutputOffsets, downSignal: AbortSignal, wait: typeof orAborted<WorkerExit>) {
    this.#order = order;
    this.#downSignal = downSignal;
    this.#wait = wait;
    this.output = this.#read(from);
  }

  async waitForExit({ signal }: CallOptions = {}): Promise<WorkerExit> {
    signal?.throwIfAborted();
    return await this.#wait(this.#order.ended, signal);
  }

  detach(): void {
    this.#detached.abort(LET_GO);
  }

  async *#read(from: OutputOffsets): AsyncGenerator<OutputChunk> {
    using either = new LinkedAbort(this.#detached.signal, this.#downSignal);
    try {
      yield* this.#order.output.follow(from, either.signal);
    } catch (error) {
      if (error !== LET_GO) throw error;
    }
  }
}
