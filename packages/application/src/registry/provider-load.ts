import type { Clock, EpochMs, Load, ProviderId, Resources, WorkerRepository } from '@hodei/domain';

/** A place that is taken for a worker whose row is not stored yet. */
interface Place {
  readonly providerId: ProviderId;
  readonly resources: Resources;
  /** The last reading that had begun when it was given back; absent while it is held. */
  releasedAt?: number;
}

/** What the workers hold that each provider has or is about to have. */
export interface LoadView {
  of(providerId: ProviderId): Load;
}

const NO_LOAD: Load = { workers: 0, cpu: 0, memoryBytes: 0 };

/**
 * Counts what lives, from the rows, and adds the places that this process has reserved for workers which are
 * not rows yet: else a burst of jobs would all see the same free place.
 *
 * A place that was given back while the rows were being read counts once more, because nobody knows which
 * came first. So the number may be too high for one reading, never too low.
 */
export class ProviderLoad {
  readonly #workers: Pick<WorkerRepository, 'loads'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #places = new Set<Place>();
  #readings = 0;
  #next: Promise<LoadView> | undefined;
  #current: Promise<unknown> = Promise.resolve();
  #last: { readonly view: LoadView; readonly readAt: EpochMs } | undefined;

  constructor(workers: Pick<WorkerRepository, 'loads'>, clock: Pick<Clock, 'now'>) {
    this.#workers = workers;
    this.#clock = clock;
  }

  /**
   * A view that is no older than that, where there is one. To what others hold it may be blind, and to what has ended
   * since; places that this process takes and gives back count in it as in any.
   */
  recent(maxAgeMs: number): LoadView | undefined {
    return this.#last !== undefined && this.#clock.now() - this.#last.readAt <= maxAgeMs ? this.#last.view : undefined;
  }

  /** Reads the rows. Those who ask while a reading is under way share the one after it. */
  read(): Promise<LoadView> {
    this.#next ??= this.#readAfter(this.#current);
    return this.#next;
  }

  /** Takes a place until it is disposed of, which is when the worker's row is stored or never will be. Idempotent. */
  reserve(providerId: ProviderId, resources: Resources = {}): Disposable {
    const place: Place = { providerId, resources };
    this.#places.add(place);
    return {
      [Symbol.dispose]: () => {
        place.releasedAt ??= this.#readings;
      },
    };
  }

  /** How many places of a provider are reserved now. */
  reserved(providerId: ProviderId): number {
    return [...this.#places].filter((place) => place.providerId === providerId && place.releasedAt === undefined)
      .length;
  }

  async #readAfter(current: Promise<unknown>): Promise<LoadView> {
    await current;
    this.#next = undefined;
    this.#readings += 1;
    const reading = this.#readings;
    for (const place of this.#places) {
      // The reading before this one may still be in use by those who shared it.
      if (place.releasedAt !== undefined && place.releasedAt < reading - 1) this.#places.delete(place);
    }
    const readAt = this.#clock.now();
    const rows = this.#workers.loads();
    this.#current = rows.catch(() => undefined);
    const loads = await rows;
    const view: LoadView = {
      of: (id) => {
        const held = loads.get(id) ?? NO_LOAD;
        let { workers, cpu, memoryBytes } = held;
        for (const { providerId, resources, releasedAt } of this.#places) {
          if (providerId !== id || (releasedAt !== undefined && releasedAt < reading)) continue;
          workers += 1;
          cpu += resources.cpu ?? 0;
          memoryBytes += resources.memoryBytes ?? 0;
        }
        return { ...held, workers, cpu, memoryBytes };
      },
    };
    this.#last = { view, readAt };
    return view;
  }
}
