import type { EpochMs } from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { readDockerInfo } from './docker-info.ts';
import { EVENTS_KEPT, readAllPastEvents } from './engine-events.ts';

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

/** Older looks say nothing about jobs that run now. */
const LOOKS_KEPT = 32;
/** A container's start is among the events only a little after the moment that it says itself. */
const LATE_START_MS = 1000;

/**
 * Whether an engine was started anew since a container was. No answer of the engine says so; but its events are those
 * since its own start, up to {@link EVENTS_KEPT}. So they are looked at as soon as it answers again after it was away,
 * before it forgets the first of them. A container that is older than such a look, and whose start is not in it, is
 * older than the engine's life.
 */
export class EngineLives {
  #looks: readonly EngineLook[] = [];
  #inDoubt = false;
  #looking: Promise<void> | undefined;

  /** The engine could not be reached: it may be another life that answers next. */
  doubt(): void {
    this.#inDoubt = true;
  }

  /** The engine has answered. Looks at it in the background where that is due. */
  answered(engine: DockerEngine): void {
    if (this.#inDoubt) void this.look(engine).catch(() => undefined);
  }

  /** Looks now; one look at a time. @throws what asking the engine throws */
  look(engine: DockerEngine, signal?: AbortSignal): Promise<void> {
    return (this.#looking ??= this.#look(engine, signal).finally(() => {
      this.#looking = undefined;
    }));
  }

  /** A look that shows that the engine's life began after this container's; nothing where there is none. */
  find(containerId: string, startedAt: EpochMs): EngineLook | undefined {
    return this.#looks.find(({ at, starts }) => at > startedAt + LATE_START_MS && !starts.has(containerId));
  }

  async #look(engine: DockerEngine, signal: AbortSignal | undefined): Promise<void> {
    this.#inDoubt = false;
    try {
      const { now: at, liveRestore } = await readDockerInfo(engine, { signal });
      if (at === undefined) return;
      const events = await readAllPastEvents(engine, at, signal);
      if (events.length >= EVENTS_KEPT) return;
      const idsOf = (wanted: string): ReadonlySet<string> =>
        new Set(events.flatMap(({ action, id }) => (action === wanted ? [id] : [])));
      const look = { at, liveRestore, starts: idsOf('start'), ends: idsOf('die') };
      this.#looks = [...this.#looks, look].slice(-LOOKS_KEPT);
    } catch (error) {
      this.#inDoubt = true;
      throw error;
    }
  }
}
