import { isHodeiError } from '@hodei/domain';

/** How many calls one statement takes at most: more gain little, and a refused one costs all of them a repetition. */
const MAX_ITEMS = 200;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly key: string;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What to do with many calls at once. */
export interface Together<Item, Result> {
  /** Resolves when a statement can be carried out; given back after it. What it carries out is decided only then. */
  turn?(): Promise<Disposable>;
  /** Two calls with one key never share a statement: the second waits for the next. */
  keyOf(item: Item): string;
  /** Carries out all or nothing. One result for each item, in their order. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
}

/**
 * Group commit: a call is carried out with all others that this turn of the event loop makes, and calls that come while
 * a statement is under way are carried out together by the next one. So a single caller waits no longer, and many cost
 * one commit. The answer of one statement lets many callers take their next step: that is one statement again, not one
 * for the first two and one for the rest.
 *
 * Each call gets its own result. Where a statement fails, its calls are repeated one by one, so that none pays for
 * another; but where the database went away, nobody knows what took place, and every call is told so.
 */
export class Coalescer<Item, Result> {
  readonly #together: Together<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  /** Of one kind one at a time: what comes meanwhile shares the next. */
  #isUnderWay = false;
  #isScheduled = false;

  constructor(together: Together<Item, Result>) {
    this.#together = together;
  }

  call(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, key: this.#together.keyOf(item), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#isUnderWay || this.#waiting.length === 0) return;
      this.#isUnderWay = true;
      void this.#carryOut();
    });
  }

  #take(): readonly Waiting<Item, Result>[] {
    const taken: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const keys = new Set<string>();
    for (const waiting of this.#waiting) {
      if (taken.length === MAX_ITEMS || keys.has(waiting.key)) left.push(waiting);
      else taken.push(waiting);
      keys.add(waiting.key);
    }
    this.#waiting = left;
    return taken;
  }

  async #carryOut(): Promise<void> {
    {
      using _turn = await this.#together.turn?.();
      await this.#settle(this.#take());
    }
    this.#isUnderWay = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #settle(calls: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#together.run(calls.map(({ item }) => item));
      for (const [index, { resolve }] of calls.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (calls.length === 1 || isHodeiError(error, 'database_unavailable'))
        for (const { reject } of calls) reject(error);
      else for (const call of calls) await this.#settle([call]);
    }
  }
}
