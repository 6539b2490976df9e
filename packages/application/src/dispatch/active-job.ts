import type { HodeiError, Job } from '@hodei/domain';

import type { StopReason } from '../attempts/outcome-of.ts';
import type { StopSignals } from '../attempts/stop-job.ts';

/** A job that runs here, and how it is ended before its time. The signal that no job needs but few is made for those. */
export class ActiveJob implements StopSignals {
  readonly lost: AbortSignal;
  readonly #stop = new AbortController();
  #kill: AbortController | undefined;
  #goneBecause: HodeiError | undefined;
  #tellGone: ((reason: HodeiError) => void) | undefined;

  constructor(lost: AbortSignal) {
    this.lost = lost;
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get kill(): AbortSignal {
    return this.#killer().signal;
  }

  /** Its end is asked for. @param force no grace is left. */
  end(reason: StopReason, force: boolean): void {
    this.#stop.abort(reason);
    if (force) this.#killer().abort();
  }

  /** Its worker is known to be gone. @param reason a `worker_not_found`. */
  lose(reason: HodeiError): void {
    this.#goneBecause = reason;
    this.#tellGone?.(reason);
  }

  whenGone(tell: (reason: HodeiError) => void): void {
    this.#tellGone = tell;
    if (this.#goneBecause !== undefined) tell(this.#goneBecause);
  }

  #killer(): AbortController {
    return (this.#kill ??= new AbortController());
  }
}

/** With what becomes of it. */
export interface RunningHere {
  readonly active: ActiveJob;
  readonly done: Promise<Job>;
}
