import { orAborted } from '@hodei/domain';

/** One piece of work that several callers wait for. */
interface Flight<P> {
  readonly work: AbortController;
  readonly outcome: Promise<void>;
  readonly listeners: Set<Listener<P>>;
  latest?: P;
}

/** Each caller's own, even where two pass the same function. */
interface Listener<P> {
  readonly hear: (progress: P) => void;
}

/** How one caller takes part. */
export interface FlightOptions<P> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: P) => void) | undefined;
}

/**
 * Runs one piece of work a key at a time; who asks for it meanwhile shares it. A caller whose signal aborts
 * leaves alone; the work is aborted when the last one has left.
 */
export class SingleFlight<P> {
  readonly #flights = new Map<string, Flight<P>>();

  async run(
    key: string,
    work: (signal: AbortSignal, report: (progress: P) => void) => Promise<void>,
    options: FlightOptions<P> = {},
  ): Promise<void> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    const listener: Listener<P> = { hear: onProgress ?? ((): void => {}) };
    flight.listeners.add(listener);
    if (flight.latest !== undefined) listener.hear(flight.latest);
    try {
      await orAborted(flight.outcome, signal);
    } finally {
      flight.listeners.delete(listener);
      if (flight.listeners.size === 0) this.#end(key, flight);
    }
  }

  #start(key: string, work: (signal: AbortSignal, report: (progress: P) => void) => Promise<void>): Flight<P> {
    const abort = new AbortController();
    const listeners = new Set<Listener<P>>();
    const report = (progress: P): void => {
      flight.latest = progress;
      for (const { hear } of listeners) hear(progress);
    };
    const flight: Flight<P> = {
      work: abort,
      listeners,
      outcome: Promise.resolve().then(() => work(abort.signal, report)),
    };
    // Where every caller has left, nobody waits for how it ends.
    flight.outcome.then(
      () => this.#end(key, flight),
      () => this.#end(key, flight),
    );
    this.#flights.set(key, flight);
    return flight;
  }

  #end(key: string, flight: Flight<P>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    flight.work.abort();
  }
}
