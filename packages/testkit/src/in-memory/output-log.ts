import {
  endOfChunk,
  gapChunk,
  type EpochMs,
  type OutputChunk,
  type OutputOffsets,
  type OutputStream,
} from '@hodei/domain';
import { Wakeup } from './waiting.ts';

/** What an engine keeps of a worker's output, as long as the worker is. */
export class OutputLog {
  /** All that was written; an engine has only what comes after {@link OutputLog.lostUpTo}. */
  readonly #chunks: OutputChunk[] = [];
  readonly #lengths = { stdout: 0, stderr: 0 };
  readonly #lost = { stdout: 0, stderr: 0 };
  readonly #changed = new Wakeup();
  /** How many of the chunks are lost. */
  #lostChunks = 0;
  #keptBytes = 0;
  #ended = false;

  append(stream: OutputStream, bytes: Uint8Array, at: EpochMs): void {
    if (this.#ended || bytes.length === 0) return;
    this.#chunks.push({ stream, offset: this.#lengths[stream], bytes: bytes.slice(), at });
    this.#lengths[stream] += bytes.length;
    this.#keptBytes += bytes.length;
    this.#changed.notify();
  }

  /** Nothing will be appended any more. */
  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  /** Loses the oldest, as an engine does whose log is rotated: no more than so many bytes are kept. */
  loseAllBut(bytes: number): void {
    for (let oldest = this.#oldest(); oldest !== undefined && this.#keptBytes > bytes; oldest = this.#oldest()) {
      this.#lost[oldest.stream] = endOfChunk(oldest);
      this.#keptBytes -= oldest.bytes.length;
      this.#lostChunks += 1;
    }
  }

  /** How many bytes there are now, of both streams. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** How much of each stream's beginning is lost. */
  get lostUpTo(): OutputOffsets {
    return { ...this.#lost };
  }

  /** What is there now, in the order in which it was written. */
  chunks(): readonly OutputChunk[] {
    return this.#chunks.slice(this.#lostChunks);
  }

  /** All that was ever written, for tests: no provider gives out what is lost. */
  written(): readonly OutputChunk[] {
    return [...this.#chunks];
  }

  /** The gaps that who reads from these offsets on finds. */
  gapsAfter(from: OutputOffsets): readonly OutputChunk[] {
    const at = this.#chunks[Math.max(0, this.#lostChunks - 1)]?.at ?? 0;
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const lostBytes = this.#lost[stream] - from[stream];
      return lostBytes > 0 ? [gapChunk({ stream, offset: from[stream], at }, 'log_lost', lostBytes)] : [];
    });
  }

  /** Everything from the offsets on, until the end; rejects with the signal's reason. */
  async *follow(from: OutputOffsets, signal?: AbortSignal): AsyncGenerator<OutputChunk> {
    const next = { ...from };
    for (let index = 0; ;) {
      signal?.throwIfAborted();
      index = Math.max(index, this.#lostChunks);
      const [gap] = this.gapsAfter(next);
      const chunk = this.#chunks[index];
      if (gap !== undefined) {
        next[gap.stream] = endOfChunk(gap);
        yield gap;
      } else if (chunk !== undefined) {
        index += 1;
        const rest = skipTo(chunk, next[chunk.stream]);
        if (rest === undefined) continue;
        next[chunk.stream] = endOfChunk(rest);
        yield rest;
      } else if (this.#ended) return;
      else await this.#changed.wait(signal);
    }
  }

  #oldest(): OutputChunk | undefined {
    return this.#chunks[this.#lostChunks];
  }
}

/** The part of the chunk at and after the offset; `undefined` where there is none. */
export function skipTo(chunk: OutputChunk, offset: number): OutputChunk | undefined {
  const skipped = Math.max(0, offset - chunk.offset);
  if (skipped >= chunk.bytes.length) return undefined;
  return skipped === 0 ? chunk : { ...chunk, offset, bytes: chunk.bytes.subarray(skipped) };
}
