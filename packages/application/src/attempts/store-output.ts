import { createSecretMask, type Attempt, type OutputChunk, type OutputOffsets, type OutputStream } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/** How much output may wait to be stored, in bytes; then the job is slowed down. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
/** Neighbouring chunks are stored as one up to this size, in bytes. */
const MAX_CHUNK_BYTES = 256 * 1024;

/**
 * The durable end of one attempt's output: masks secrets, stores each byte once, acknowledges by offset, and
 * remembers how far it came, so that output can be resumed after an interruption.
 */
export class OutputStore {
  readonly #context: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics'>;
  readonly #attempt: Pick<Attempt, 'id' | 'epoch'>;
  readonly #secrets: readonly string[];
  #acknowledged: OutputOffsets;

  constructor(
    context: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics'>,
    attempt: Pick<Attempt, 'id' | 'epoch' | 'acknowledged'>,
    secrets: readonly string[],
  ) {
    this.#context = context;
    this.#attempt = attempt;
    this.#secrets = secrets;
    this.#acknowledged = attempt.acknowledged;
  }

  /** From where the job's output has to be read (again), so that nothing is lost and every secret is seen whole. */
  get resumeFrom(): OutputOffsets {
    const { lookbehindBytes } = createSecretMask(this.#secrets);
    const back = (offset: number): number => Math.max(0, offset - lookbehindBytes);
    return { stdout: back(this.#acknowledged.stdout), stderr: back(this.#acknowledged.stderr) };
  }

  /**
   * Stores all of this output, which begins at {@link resumeFrom}. Resolves when it has ended and is durable.
   * @throws HodeiError `stale_epoch` where the attempt belongs to another now; whatever the output throws (what
   * came before is stored then, and this may be called again with what follows).
   * @param letGo aborted, the end of the output is not the job's: what may be the beginning of a secret is then
   * left to who reads on.
   */
  async store(output: AsyncIterable<OutputChunk>, onFirstByte?: () => void, letGo?: AbortSignal): Promise<void> {
    const writer = new BatchWriter((chunks) => this.#append(chunks));
    const begin = this.resumeFrom;
    const streams = {
      stdout: this.#maskedStream('stdout', begin.stdout),
      stderr: this.#maskedStream('stderr', begin.stderr),
    };
    try {
      for await (const chunk of output) {
        if (chunk.bytes.length > 0) onFirstByte?.();
        await writer.write(streams[chunk.stream].push(chunk));
      }
      if (letGo?.aborted) return;
      for (const stream of ['stdout', 'stderr'] as const)
        await writer.write(streams[stream].flush(this.#context.clock.now()));
    } finally {
      await writer.close();
    }
  }

  #maskedStream(
    stream: OutputStream,
    from: number,
  ): { push(chunk: OutputChunk): OutputChunk; flush(at: number): OutputChunk } {
    const mask = createSecretMask(this.#secrets);
    let next = from;
    const release = (bytes: Uint8Array, at: number): OutputChunk => {
      // Bytes before the acknowledged offset were read again for the mask's sake only.
      const skip = Math.min(bytes.length, Math.max(0, this.#acknowledged[stream] - next));
      const offset = next + skip;
      next += bytes.length;
      return { stream, offset, bytes: bytes.subarray(skip), at };
    };
    return { push: (chunk) => release(mask.push(chunk.bytes), chunk.at), flush: (at) => release(mask.flush(), at) };
  }

  async #append(chunks: readonly OutputChunk[]): Promise<void> {
    const { logs, attempts } = this.#context.repositories;
    const after = { ...this.#acknowledged };
    for (const chunk of chunks) after[chunk.stream] = chunk.offset + chunk.bytes.length;
    await persist(
      this.#context,
      async () => {
        await logs.append({ attemptId: this.#attempt.id, epoch: this.#attempt.epoch, chunks });
        return true;
      },
      async () => {
        const { acknowledged } = await attempts.get(this.#attempt.id);
        return acknowledged.stdout === after.stdout && acknowledged.stderr === after.stderr ? true : undefined;
      },
    );
    this.#acknowledged = after;
  }
}

/** Collects what comes while a write is under way, and writes it with the next one. */
class BatchWriter {
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
    if (chunk.bytes.length === 0) return;
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

/** Fewer, larger chunks with the same bytes in the same order. */
function joinNeighbours(chunks: readonly OutputChunk[]): readonly OutputChunk[] {
  const groups: OutputChunk[][] = [];
  let size = 0;
  for (const chunk of chunks) {
    const last = groups.at(-1);
    if (last?.[0]?.stream === chunk.stream && size + chunk.bytes.length <= MAX_CHUNK_BYTES) {
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
