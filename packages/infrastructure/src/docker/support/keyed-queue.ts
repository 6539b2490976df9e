/** Runs work with the same key one after the other, and work with different keys at once. */
export class KeyedQueue<K> {
  readonly #last = new Map<K, Promise<unknown>>();

  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    // How the one before ended is its own caller's business.
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
