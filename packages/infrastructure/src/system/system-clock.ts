import type { Clock, EpochMs } from '@hodei/domain';

/** Node keeps a timer's delay in 32 bits and fires at once when it does not fit. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock and timers. Sleeping is measured on the monotonic clock: setting the time does not disturb it. */
export class SystemClock implements Clock {
  now(): EpochMs {
    return Date.now();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    const wakeAt = performance.now() + durationMs;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      let timer: NodeJS.Timeout;
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const onTimer = (): void => {
        const leftMs = wakeAt - performance.now();
        // Timers may fire up to a millisecond early, and long durations take several.
        if (leftMs > 0) {
          timer = setTimeout(onTimer, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
          return;
        }
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      timer = setTimeout(onTimer, durationMs > 0 ? Math.min(durationMs, LONGEST_TIMER_MS) : 0);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
