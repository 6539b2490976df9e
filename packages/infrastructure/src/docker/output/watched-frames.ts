import type { Frame } from './read-frames.ts';

/**
 * What comes from a worker, read one piece ahead while nobody wants it: only who reads a connection sees it end. An
 * idle worker says nothing, so nothing piles up.
 */
export class WatchedFrames implements AsyncIterator<readonly Frame[]> {
  readonly #frames: AsyncIterator<readonly Frame[]>;
  #ahead: Promise<IteratorResult<readonly Frame[]>> | undefined;
  #hasEnded = false;

  constructor(frames: AsyncIterator<readonly Frame[]>) {
    this.#frames = frames;
    this.watch();
  }

  /** Whether the connection was seen to end. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Reads ahead again, once whoever read here has had its part. */
  watch(): void {
    this.#ahead ??= this.#read();
    // Whoever reads on is told.
    this.#ahead.catch(() => undefined);
  }

  async next(): Promise<IteratorResult<readonly Frame[]>> {
    const ahead = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    return ahead;
  }

  async #read(): Promise<IteratorResult<readonly Frame[]>> {
    try {
      const next = await this.#frames.next();
      if (next.done === true) this.#hasEnded = true;
      return next;
    } catch (error) {
      this.#hasEnded = true;
      throw error;
    }
  }
}
