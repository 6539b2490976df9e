import type { OutputOffsets, OutputStream } from '@hodei/domain';

import { MESSAGE_BYTES } from './has-rotated.ts';
import type { LogCursor } from './log-cursor.ts';
import type { LogMessage } from './log-message.ts';

/** One message in so many bytes of a stream is remembered. */
const EVERY_BYTES = 64 * 1024;

const STREAMS = ['stdout', 'stderr'] as const satisfies readonly OutputStream[];

interface Sample {
  readonly stamp: string;
  readonly offset: number;
}

/**
 * Where in a log some messages were, by their time. An engine that is asked to follow a log which is rotated can step
 * over a file of it without a word; read again as a whole, the log has more bytes between two of them then.
 */
export class LogSamples {
  /** How much was noted, as a log counts it. */
  loggedBytes = 0;
  readonly #samples: Readonly<Record<OutputStream, Sample[]>> = { stdout: [], stderr: [] };
  readonly #last: Partial<Record<OutputStream, string>> = {};

  /** To be told each batch before the cursor is. Pieces of one line have one time: only a first one is remembered. */
  note(messages: readonly LogMessage[], { offsets }: Pick<LogCursor, 'offsets'>): void {
    for (const { bytes } of messages) this.loggedBytes += bytes.length + MESSAGE_BYTES;
    for (const stream of STREAMS) {
      const first = messages.find((message) => message.stream === stream);
      if (first === undefined) continue;
      const before = this.#samples[stream].at(-1);
      const isDue = before === undefined || offsets[stream] - before.offset >= EVERY_BYTES;
      if (isDue && this.#last[stream] !== first.stamp)
        this.#samples[stream].push({ stamp: first.stamp, offset: offsets[stream] });
      this.#last[stream] = messages.findLast((message) => message.stream === stream)?.stamp ?? first.stamp;
    }
  }

  /**
   * How many bytes of each stream were stepped over, as far as the log still has both sides of them.
   * @param cursor a new one, for the log.
   * @param end how far the log was read before.
   */
  async missing(
    log: AsyncIterable<readonly LogMessage[]>,
    cursor: Pick<LogCursor, 'offsets' | 'push'>,
    end: OutputOffsets,
  ): Promise<OutputOffsets> {
    const known = { stdout: this.#byStamp('stdout'), stderr: this.#byStamp('stderr') };
    // How much further this reading was at a message than the one before.
    const first: Partial<Record<OutputStream, number>> = {};
    for await (const messages of log) {
      for (const message of messages) {
        const { stream, stamp } = message;
        const offset = known[stream].get(stamp);
        if (offset !== undefined) {
          known[stream].delete(stamp);
          first[stream] ??= cursor.offsets[stream] - offset;
        }
        cursor.push([message]);
      }
    }
    const missingOf = (stream: OutputStream): number => {
      const ahead = first[stream];
      return ahead === undefined ? 0 : Math.max(0, cursor.offsets[stream] - end[stream] - ahead);
    };
    return { stdout: missingOf('stdout'), stderr: missingOf('stderr') };
  }

  #byStamp(stream: OutputStream): Map<string, number> {
    return new Map(this.#samples[stream].map(({ stamp, offset }) => [stamp, offset]));
  }
}
