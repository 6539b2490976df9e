import type { EpochMs } from '@hodei/domain';

/** What an engine remembered at one moment: everything since it was started. */
export interface EngineLook {
  /** By the engine's clock. */
  readonly at: EpochMs;
  /** Whether its containers go on while it is away. */
  readonly liveRestore: boolean;
  /** Containers that it saw start, and end. */
  readonly starts: ReadonlySet<string>;
  readonly ends: ReadonlySet<string>;
}

/** Asks the engine what it remembers; nothing where it may have forgotten some. */
export type Recall = () => Promise<EngineLook | undefined>;

/** Older looks say nothing about jobs that run now. */
const LOOKS_KEPT = 32;
/** A container's start is among the events only a little after the moment that it says itself. */
const LATE_START_MS = 1000;

/**
 * Whether an engine was started anew since a container was. No answer of the engine says so; but its events are those
 * since its own start, up to a number. So they are looked at as soon as it answers again after it was away,
 * before it forgets the first of them. A container that is older than such a look, and whose start is not in it, is
 * older than the engine's life.
 */
export class EngineLives {
  #looks: readonly EngineLook[] = [];
  #inDoubt = false;
  #looking: Promise<void> | undefined;
  #recall: Recall | undefined;

  /** The engine could not be reached: it may be another life that answers next. */
  doubt(): void {
    this.#inDoubt = true;
  }

  /** The engine has answered. Looks at it in the background where that is due. */
  answered(): void {
    if (this.#inDoubt && this.#recall !== undefined) void this.look(this.#recall).catch(() => undefined);
  }

  /** Looks now; one look at a time. @throws what asking the engine throws */
  look(recall: Recall): Promise<void> {
    this.#recall ??= recall;
    return (this.#looking ??= this.#look(recall).finally(() => {
      this.#looking = undefined;
    }));
  }

  /** A look that shows that the engine's life began after this container's; nothing where there is none. */
  find(containerId: string, startedAt: EpochMs): EngineLook | undefined {
    return this.#looks.find(({ at, starts }) => at > startedAt + LATE_START_MS && !starts.has(containerId));
  }

  /**
   * How long it takes until a look can tell of a container that started then, in milliseconds, where the last one came
   * too soon after that; else 0, also where the engine has forgotten too much for any look to tell.
   */
  tooEarlyMs(startedAt: EpochMs): number {
    const last = this.#looks.at(-1);
    return last === undefined || last.at < startedAt ? 0 : Math.max(0, startedAt + LATE_START_MS + 1 - last.at);
  }

  async #look(recall: Recall): Promise<void> {
    this.#inDoubt = false;
    try {
      const look = await recall();
      if (look !== undefined) this.#looks = [...this.#looks, look].slice(-LOOKS_KEPT);
    } catch (error) {
      this.#inDoubt = true;
      throw error;
    }
  }
}
