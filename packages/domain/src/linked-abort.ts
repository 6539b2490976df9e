/**
 * Aborts when one of its sources does, with that one's reason, or when it is told to. What `AbortSignal.any` is for, but
 * that one leaves a weak reference on each source until it is collected: a source that lives as long as the process
 * collects thousands, and each costs the garbage collector. This one takes its listeners back when it is disposed of.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #follow: (event: Event) => void;

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    this.#follow = ({ target }) => this.abort((target as AbortSignal).reason);
    const aborted = sources.find((source) => source.aborted);
    if (aborted !== undefined) this.#controller.abort(aborted.reason);
    else for (const source of sources) source.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param reason give one: without it, an exception is made, with its stack. */
  abort(reason: unknown): void {
    this[Symbol.dispose]();
    this.#controller.abort(reason);
  }

  /** It follows its sources no longer. */
  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#follow);
  }
}
