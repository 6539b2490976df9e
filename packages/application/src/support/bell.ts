import { LinkedAbort, type Clock } from '@hodei/domain';

import { OVER } from './over.ts';

/** Wakes one waiter in this process. A ring between two waits is not missed: the next wait returns at once. */
export class Bell {
  #rung = false;
  #resume: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#resume?.();
  }

  /** Resolves as soon as it was rung since the last time, or the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          signal.removeEventListener('abort', end);
          this.#resume = undefined;
          resolve();
        };
        signal.addEventListener('abort', end, { once: true });
        this.#resume = end;
      });
    }
    this.#rung = false;
  }

  /** The same, for at most so many milliseconds. */
  async nextWithin(clock: Clock, mostMs: number, signal: AbortSignal): Promise<void> {
    using over = new LinkedAbort(signal);
    await Promise.race([this.next(over.signal), clock.sleep(mostMs, over.signal).catch(() => undefined)]);
    over.abort(OVER);
  }
}
