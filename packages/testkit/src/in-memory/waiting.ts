import { orAborted } from '@hodei/domain';

/** All of the signals that are there, as one. */
export const anySignal = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

/** Wakes all who wait each time something changed; they look for themselves at what. */
export class Wakeup {
  #next = Promise.withResolvers<void>();

  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves at the next {@link Wakeup.notify}; rejects with the signal's reason. */
  wait(signal?: AbortSignal): Promise<void> {
    return orAborted(this.#next.promise, signal);
  }
}
