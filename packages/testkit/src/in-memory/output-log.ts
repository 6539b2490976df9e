import type { EpochMs, OutputChunk, OutputOffsets, OutputStream } from '@hodei/domain';
import { Wakeup } from './waiting.ts';

/** What a worker wrote, kept as long as the worker is. */
export class OutputLog {
  readonly #chunks: OutputChunk[] = [];
  readonly #lengths = { stdout: 0, stderr: 0 };
  readonly #changed = new Wakeup();
  #ended = false;

  append(stream: OutputStream, bytes: Uint8Array, at: EpochMs): void {
    if (this.#ended || bytes.length === 0) return;
    this.#chunks.push({ stream, offset: this.#lengths[stream], bytes: bytes.slice(), at });
    this.#lengths[stream] += bytes.length;
    this.#changed.notify();
  }

  /** Nothing will be appended any more. */
  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  /** What is there now, in the order in which it was written. */
  chunks(): readonly OutputChunk[] {
    return [...this.#chunks];
  }

  /** Everything from the offsets on, until the end; rejects with the signal's reason. */
  async *follow(from: OutputOffsets, signal?: AbortSignal): AsyncGenerator<OutputChunk> {
    for (let next = 0; ;) {
      signal?.throwIfAborted();
      const chunk = this.#chunks[next];
      if (chunk !== undefined) {
        next += 1;
        const rest = skipTo(chunk, from[chunk.stream]);
        if (rest !== undefined) yield rest;
      } else if (this.#ended) return;
      else await this.#changed.wait(signal);
    }
  }
}

/** The part of the chunk at and after the offset; `undefined` where there is none. */
export function skipTo(chunk: OutputChunk, offset: number): OutputChunk | undefined {
  const skipped = Math.max(0, offset - chunk.offset);
  if (skipped >= chunk.bytes.length) return undefined;
  return skipped === 0 ? chunk : { ...chunk, offset, bytes: chunk.bytes.subarray(skipped) };
}
