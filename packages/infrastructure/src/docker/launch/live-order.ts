import { createOrderReader, type JobEnd, type LaunchVerdict, type OutputChunk } from '@hodei/domain';

import type { Frame } from '../output/read-frames.ts';

/** So much output is held for a reader that is slow; then the job has to wait. */
const MOST_HELD_BYTES = 1024 * 1024;

/**
 * One job of a reusable worker, as its connection brings it. Unlike a worker's only job, which ends with the
 * connection, it has to be read to its end marker whether or not somebody wants the output.
 */
export class LiveOrder {
  /** What the worker says to the order; nothing where the connection ended before. */
  readonly verdict: Promise<LaunchVerdict | undefined>;
  /** How the job ended, and that all its output is here; nothing where the connection ended before. */
  readonly end: Promise<JobEnd | undefined>;
  readonly #offsets = { stdout: 0, stderr: 0 };
  readonly #held: OutputChunk[] = [];
  readonly #verdict = Promise.withResolvers<LaunchVerdict | undefined>();
  readonly #readers: ReturnType<typeof readersFor>;
  #heldBytes = 0;
  #isOver = false;
  #isLetGo = false;
  #filled = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  /** @param frames what comes from the worker from now on. */
  constructor(nonce: string, frames: AsyncIterator<readonly Frame[]>) {
    this.#readers = readersFor(nonce);
    this.verdict = this.#verdict.promise;
    this.end = this.#pump(frames);
  }

  /** All output that the connection brings; to be iterated once. */
  async *output(): AsyncGenerator<OutputChunk, void, undefined> {
    for (;;) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) {
        this.#heldBytes -= chunk.bytes.length;
        this.#drain();
        yield chunk;
      } else if (this.#isOver) return;
      else await this.#filled.promise;
    }
  }

  /** Nobody reads the output any more, so it holds nothing up. */
  letGo(): void {
    this.#isLetGo = true;
    this.#drain();
  }

  async #pump(frames: AsyncIterator<readonly Frame[]>): Promise<JobEnd | undefined> {
    const { stdout, stderr } = this.#readers;
    try {
      while (stdout.end === undefined || stderr.end === undefined) {
        const next = await frames.next();
        if (next.done === true) return undefined;
        for (const frame of next.value) this.#take(frame);
        if (stdout.verdict !== undefined) this.#verdict.resolve(stdout.verdict);
        this.#wake();
        while (this.#heldBytes >= MOST_HELD_BYTES && !this.#isLetGo) await this.#drained.promise;
      }
      return stdout.end;
    } catch {
      // How the connection broke does not matter: what is missing is in the log.
      return undefined;
    } finally {
      this.#isOver = true;
      this.#verdict.resolve(stdout.verdict);
      this.#wake();
    }
  }

  #take({ stream, bytes }: Frame): void {
    const own = this.#readers[stream].push(bytes);
    if (own.length === 0) return;
    this.#held.push({ stream, offset: this.#offsets[stream], bytes: own, at: Date.now() });
    this.#heldBytes += own.length;
    this.#offsets[stream] += own.length;
  }

  #drain(): void {
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }

  #wake(): void {
    this.#filled.resolve();
    this.#filled = Promise.withResolvers();
  }
}

const readersFor = (nonce: string) => ({ stdout: createOrderReader(nonce), stderr: createOrderReader(nonce) });
