/**
 * Who follows a source. One listener for all of them: a signal keeps its listeners in a list, and looks through it
 * whenever one is added or taken away, which with ten thousand jobs is most of what there is to do.
 */
const FOLLOWERS = new WeakMap<AbortSignal, Set<LinkedAbort>>();

/**
 * Aborts when one of its sources does, with that one's reason, or when it is told to. What `AbortSignal.any` is for, but
 * that one leaves a weak reference on each source until it is collected: a source that lives as long as the process
 * collects thousands, and each costs the garbage collector. This one lets go of them when it is disposed of.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    const aborted = sources.find((source) => source.aborted);
    if (aborted !== undefined) this.#controller.abort(aborted.reason);
    else for (const source of sources) followersOf(source).add(this);
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
    for (const source of this.#sources) FOLLOWERS.get(source)?.delete(this);
  }
}

function followersOf(source: AbortSignal): Set<LinkedAbort> {
  const there = FOLLOWERS.get(source);
  if (there !== undefined) return there;
  const made = new Set<LinkedAbort>();
  FOLLOWERS.set(source, made);
  source.addEventListener(
    'abort',
    () => {
      for (const follower of made) follower.abort(source.reason);
    },
    { once: true },
  );
  return made;
}
