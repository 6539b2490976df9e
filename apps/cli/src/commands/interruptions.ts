import { EXIT } from '../output/job-exit-code.ts';

/** A person (or the system) wants us to end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Takes over Ctrl-C and its kin until it is disposed of: the first asks, the second insists, the third ends this
 * process whatever it waits for.
 */
export class Interruptions implements Disposable {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #listener = (signal: NodeJS.Signals): void => {
    if (!this.#first.signal.aborted) this.#first.abort(new InterruptedError(signal));
    else if (!this.#second.signal.aborted) this.#second.abort(new InterruptedError(signal));
    else process.exit(EXIT.cancelled);
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Aborts with an {@link InterruptedError}. */
  get first(): AbortSignal {
    return this.#first.signal;
  }

  /** Aborts with an {@link InterruptedError}. */
  get second(): AbortSignal {
    return this.#second.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
