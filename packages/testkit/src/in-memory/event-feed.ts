import type { Clock, WorkerEvent } from '@hodei/domain';
import { Wakeup } from './waiting.ts';

/** What goes wrong with events on their way; all of it is allowed, they only say where to look. */
export interface EventTrouble {
  /** Never arrives. */
  readonly drop?: boolean;
  /** Arrives so many milliseconds late. */
  readonly delayMs?: number;
  /** Arrives twice. */
  readonly duplicate?: boolean;
}

/** One reader's events. */
export interface EventQueue {
  next(signal: AbortSignal): Promise<WorkerEvent>;
  close(): void;
}

/** Tells all who watch an engine what changes on it. */
export class EventFeed<Source> {
  readonly #clock: Clock;
  readonly #queues = new Set<(source: Source | undefined, event: WorkerEvent) => void>();
  #trouble: (event: WorkerEvent) => EventTrouble = () => ({});

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Decides about each event from now on what goes wrong with it. `resync` is never troubled. */
  setTrouble(trouble: EventTrouble | ((event: WorkerEvent) => EventTrouble)): void {
    this.#trouble = typeof trouble === 'function' ? trouble : () => trouble;
  }

  /** @param accept says which sources a reader sees. */
  open(accept: (source: Source) => boolean): EventQueue {
    const waiting: WorkerEvent[] = [];
    const arrived = new Wakeup();
    const push = (source: Source | undefined, event: WorkerEvent): void => {
      if (source !== undefined && !accept(source)) return;
      waiting.push(event);
      arrived.notify();
    };
    this.#queues.add(push);
    return {
      next: async (signal) => {
        for (;;) {
          const event = waiting.shift();
          if (event !== undefined) return event;
          await arrived.wait(signal);
        }
      },
      close: () => this.#queues.delete(push),
    };
  }

  emit(source: Source, event: WorkerEvent): void {
    const { drop = false, delayMs = 0, duplicate = false } = this.#trouble(event);
    if (drop) return;
    const deliver = (): void => {
      for (let times = duplicate ? 2 : 1; times > 0; times -= 1) this.#deliver(source, event);
    };
    // A sleep without a signal never rejects.
    if (delayMs > 0) void this.#clock.sleep(delayMs).then(deliver);
    else deliver();
  }

  /** Tells every reader that it may have missed something. */
  resync(): void {
    this.#deliver(undefined, { kind: 'resync', at: this.#clock.now() });
  }

  #deliver(source: Source | undefined, event: WorkerEvent): void {
    for (const push of this.#queues) push(source, event);
  }
}
