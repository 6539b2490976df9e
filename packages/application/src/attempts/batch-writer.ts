import type { OutputChunk } from '@hodei/domain';

/** How much output may wait to be stored, in bytes; then the job is slowed down. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
/** Neighbouring chunks are stored as one up to this size, in bytes. */
const MAX_CHUNK_BYTES = 256 * 1024;

/** Collects what comes while a write is under way, and writes it with the next one. */
export class BatchWriter {
  readonly #append: (chunks: readonly OutputChunk[]) => Promise<void>;
  #waiting: OutputChunk[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(append: (chunks: readonly OutputChunk[]) => Promise<void>) {
    this.#append = append;
  }

  /** Takes a chunk; waits while too much is unwritten. Throws what an earlier write threw. */
  async write(chunk: OutputChunk): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    if (chunk.bytes.length === 0 && chunk.gap === undefined) return;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.bytes.length;
    this.#writing ??= this.#drain();
    if (this.#waitingBytes >= MAX_WAITING_BYTES) await this.#writing;
  }

  /** Resolves when everything is written. @throws what a write threw. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        this.#waitingBytes = 0;
        await this.#append(joinNeighbours(batch));
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }
}

/** Fewer, larger chunks with the same bytes, and the same gaps, in the same order. */
function joinNeighbours(chunks: readonly OutputChunk[]): readonly OutputChunk[] {
  const groups: OutputChunk[][] = [];
  let size = 0;
  for (const chunk of chunks) {
    const last = groups.at(-1);
    const goesOn = last?.[0]?.stream === chunk.stream && last.at(-1)?.gap === undefined && chunk.gap === undefined;
    if (goesOn && size + chunk.bytes.length <= MAX_CHUNK_BYTES) {
      last.push(chunk);
      size += chunk.bytes.length;
    } else {
      groups.push([chunk]);
      size = chunk.bytes.length;
    }
  }
  return groups.map((group) => (group.length === 1 ? group : [join(group)])).flat();
}

function join(group: readonly OutputChunk[]): OutputChunk {
  const bytes = new Uint8Array(group.reduce((sum, chunk) => sum + chunk.bytes.length, 0));
  let at = 0;
  for (const chunk of group) {
    bytes.set(chunk.bytes, at);
    at += chunk.bytes.length;
  }
  const [first] = group;
  if (first === undefined) throw new RangeError('an empty group has no first chunk');
  return { ...first, bytes };
}
