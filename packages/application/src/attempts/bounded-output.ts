import { endOfChunk, gapChunk, type EpochMs, type OutputChunk, type OutputStream } from '@hodei/domain';

/** Dropped output is acknowledged in steps of so many bytes: it costs the store nothing to speak of. */
const ACKNOWLEDGE_EVERY_BYTES = 16 * 1024 * 1024;

/**
 * Keeps what a job may still have kept of its output, and counts the rest. A stream that was cut off once stays so:
 * what is kept of it has no hole in the middle.
 */
export class BoundedOutput {
  readonly #cutOff: Set<OutputStream>;
  readonly #dropped = new Map<OutputStream, { readonly offset: number; readonly bytes: number }>();
  #room: number;

  /** @param room how many bytes may still be kept. */
  constructor(room: number, cutOff: Iterable<OutputStream>) {
    this.#room = room;
    this.#cutOff = new Set(cutOff);
  }

  /** What is to be stored of a chunk: itself, its beginning, the record of the cut, or nothing for now. */
  push(chunk: OutputChunk): readonly OutputChunk[] {
    const { stream, offset, bytes } = chunk;
    if (this.#cutOff.has(stream)) return this.#drop(chunk);
    if (bytes.length <= this.#room) {
      this.#room -= bytes.length;
      return [chunk];
    }
    const kept = this.#room;
    this.#room = 0;
    this.#cutOff.add(stream);
    const cut = { stream, offset: offset + kept, at: chunk.at };
    return [{ ...chunk, bytes: bytes.subarray(0, kept) }, gapChunk(cut, 'over_limit', bytes.length - kept)];
  }

  /** What was counted and not told yet. */
  flush(at: EpochMs): readonly OutputChunk[] {
    const chunks = [...this.#dropped].map(([stream, { offset, bytes }]) =>
      gapChunk({ stream, offset, at }, 'over_limit', bytes),
    );
    this.#dropped.clear();
    return chunks;
  }

  /** Lost bytes beyond the bound are no other matter than dropped ones. */
  #drop(chunk: OutputChunk): readonly OutputChunk[] {
    const { stream, at } = chunk;
    const before = this.#dropped.get(stream) ?? { offset: chunk.offset, bytes: 0 };
    const bytes = endOfChunk(chunk) - before.offset;
    if (bytes < ACKNOWLEDGE_EVERY_BYTES) {
      if (bytes > 0) this.#dropped.set(stream, { offset: before.offset, bytes });
      return [];
    }
    this.#dropped.delete(stream);
    return [gapChunk({ stream, offset: before.offset, at }, 'over_limit', bytes)];
  }
}
