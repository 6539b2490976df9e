/**
 * Hands values from who makes them to the one who iterates. Where it holds `capacity` values, a further one
 * empties it and leaves `overflow()` instead: the reader learns that it has lost some.
 */
export class BoundedQueue<T extends object> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #overflow: () => T;
  #values: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(capacity: number, overflow: () => T) {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  push(value: T): void {
    if (this.#ended) return;
    if (this.#values.length >= this.#capacity) this.#values = [this.#overflow()];
    else this.#values.push(value);
    this.#wake?.();
  }

  /** Ends the iteration; what was not read yet is dropped. */
  end(): void {
    this.#ended = true;
    this.#values = [];
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) yield value;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
