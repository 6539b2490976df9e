import {
  endOfChunk,
  NO_OUTPUT,
  type OutputChunk,
  type OutputGap,
  type OutputOffsets,
  type OutputStream,
} from '@hodei/domain';
import { expect } from 'vitest';

/** A gap, and where it was. */
export type ReadGap = OutputGap & Pick<OutputChunk, 'stream' | 'offset'>;

/** Reads output in the background, and checks that each stream comes without holes and overlaps. */
export class OutputReader {
  /** Resolves when all was read; rejects with what the output threw, or where a chunk is not in its place. */
  readonly done: Promise<void>;
  readonly #chunks: { readonly stdout: Uint8Array[]; readonly stderr: Uint8Array[] } = { stdout: [], stderr: [] };
  readonly #next: { stdout: number; stderr: number };
  readonly #gaps: ReadGap[] = [];

  constructor(output: AsyncIterable<OutputChunk>, from: OutputOffsets = NO_OUTPUT) {
    this.#next = { ...from };
    this.done = this.#read(output);
    // A test that does not look at it must not fail for it later.
    this.done.catch(() => undefined);
  }

  bytes(stream: OutputStream): Buffer {
    return Buffer.concat(this.#chunks[stream]);
  }

  text(stream: OutputStream): string {
    return this.bytes(stream).toString();
  }

  /** What was missing. */
  get gaps(): readonly ReadGap[] {
    return this.#gaps;
  }

  /** Where reading would go on. */
  get offsets(): OutputOffsets {
    return { ...this.#next };
  }

  /** Waits until the stream has brought this text. */
  async until(text: string, stream: OutputStream = 'stdout'): Promise<void> {
    await expect.poll(() => this.text(stream), { timeout: 60_000, interval: 10 }).toContain(text);
  }

  async #read(output: AsyncIterable<OutputChunk>): Promise<void> {
    for await (const chunk of output) {
      const { stream, offset, bytes, gap } = chunk;
      if (offset !== this.#next[stream]) {
        throw new Error(`a chunk of ${stream} begins at ${offset}, but ${this.#next[stream]} was next`);
      }
      if (gap !== undefined) this.#gaps.push({ stream, offset, ...gap });
      this.#next[stream] = endOfChunk(chunk);
      this.#chunks[stream].push(bytes.slice());
    }
  }
}

/** All of an output. */
export async function readAll(
  output: AsyncIterable<OutputChunk>,
  from?: OutputOffsets,
): Promise<{ readonly stdout: Buffer; readonly stderr: Buffer }> {
  const reader = new OutputReader(output, from);
  await reader.done;
  return { stdout: reader.bytes('stdout'), stderr: reader.bytes('stderr') };
}

/** The chunks as they came. */
export async function chunksOf(output: AsyncIterable<OutputChunk>): Promise<readonly OutputChunk[]> {
  const chunks: OutputChunk[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return chunks;
}
