import { gapChunk, NO_OUTPUT, type OutputChunk, type OutputStream, type WorkerHandle } from '@hodei/domain';

import type { LocatedOutput } from './locate-output.ts';
import { createLogCursor, type LogCursor } from './log-cursor.ts';
import type { LogMessage } from './log-message.ts';
import { LogSamples } from './log-samples.ts';
import { createPlacedOutput, type KnownOutput } from './output-place.ts';

const STREAMS = ['stdout', 'stderr'] as const satisfies readonly OutputStream[];

/** One reading of a log from its beginning. */
export class LogReader {
  /** Whether it gave out something. */
  hasRead = false;
  /** Whether the place where output goes on has to be looked for. */
  isLost = false;
  readonly #known: KnownOutput;
  readonly #located: LocatedOutput | undefined;
  readonly #newCursor: () => LogCursor;
  readonly #cursor: LogCursor;
  readonly #placed: ReturnType<typeof createPlacedOutput>;
  readonly #samples = new LogSamples();
  #hasBegun = false;

  constructor(
    handle: WorkerHandle,
    {
      known,
      located,
      nonce,
    }: {
      readonly known: KnownOutput;
      readonly located: LocatedOutput | undefined;
      readonly nonce: string | undefined;
    },
  ) {
    this.#known = known;
    this.#located = located;
    this.#newCursor = () => createLogCursor({ handle, nonce, from: NO_OUTPUT });
    this.#cursor = this.#newCursor();
    this.#placed = createPlacedOutput(known, located?.places);
  }

  /** Whether nothing of the job will follow. */
  get isOver(): boolean {
    return this.#cursor.isOver && !this.isLost;
  }

  get differsAt(): Readonly<Record<OutputStream, number | undefined>> {
    return { stdout: this.#placed.differsAt('stdout'), stderr: this.#placed.differsAt('stderr') };
  }

  *push(messages: readonly LogMessage[]): Generator<OutputChunk> {
    const [first] = messages;
    if (first === undefined) return;
    if (!this.#hasBegun) {
      const stamp = this.#located?.firstStamp;
      this.isLost = stamp !== undefined && stamp !== first.stamp;
      if (this.isLost) return;
      yield* this.#give(this.#placed.gaps(first.at));
    }
    this.#hasBegun = true;
    this.#samples.note(messages, this.#cursor);
    const chunks = this.#cursor.push(messages);
    this.isLost = this.#located === undefined && this.#cursor.hasLostBeginning;
    for (const chunk of chunks) {
      if (this.isLost) return;
      yield* this.#give(this.#placed.push(chunk));
      this.isLost = this.#placed.differsAt(chunk.stream) !== undefined;
    }
  }

  /** The job has ended: a log that has less than what is known has lost some, and perhaps more than that. */
  *end(): Generator<OutputChunk> {
    for (const chunk of this.#cursor.flush()) yield* this.#placed.push(chunk);
    for (const stream of STREAMS) {
      const place = { stream, offset: this.#known.from[stream], at: Date.now() };
      if (this.#placed.isShort(stream)) yield gapChunk(place, 'log_lost');
    }
  }

  /** What the log, read again as a whole, has between what was read of it: that was stepped over. */
  async *steppedOver(log: AsyncIterable<readonly LogMessage[]>, known: KnownOutput): AsyncGenerator<OutputChunk> {
    const missing = await this.#samples.missing(log, this.#newCursor(), this.#cursor.offsets);
    for (const stream of STREAMS) {
      const place = { stream, offset: known.from[stream], at: Date.now() };
      if (missing[stream] > 0) yield gapChunk(place, 'log_lost', missing[stream]);
    }
  }

  /** How much was read, as a log that is rotated counts it: at least. */
  get loggedBytes(): number {
    return this.#samples.loggedBytes;
  }

  *#give(chunks: readonly OutputChunk[]): Generator<OutputChunk> {
    this.hasRead ||= chunks.length > 0;
    yield* chunks;
  }
}
