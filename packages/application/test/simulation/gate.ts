import type { Scheduler } from './scheduler.ts';

/**
 * Everything that a process hears from outside comes through its gate: answers, time, events. It is shut while
 * the process is stopped, and for good when it is dead.
 */
export class Gate {
  readonly #scheduler: Scheduler;
  #state: 'open' | 'shut' | 'dead' = 'open';
  #waiting: (() => void)[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  shut(): void {
    if (this.#state === 'open') this.#state = 'shut';
  }

  /** What waited comes through, in an order that the seed decides. */
  open(): void {
    if (this.#state !== 'shut') return;
    this.#state = 'open';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pass of waiting) this.#scheduler.after(0, () => this.#letThrough(pass));
  }

  die(): void {
    this.#state = 'dead';
    this.#waiting = [];
  }

  /** Resolves as soon as the gate is open; never, once it is dead. */
  async pass(): Promise<void> {
    while (this.#state !== 'open') {
      await new Promise<void>((resolve) => {
        if (this.#state === 'shut') this.#waiting.push(resolve);
      });
    }
  }

  /** The promise's result, once it may come through. */
  async through<T>(promise: Promise<T>): Promise<T> {
    try {
      const result = await promise;
      if (this.#state !== 'open') await this.pass();
      return result;
    } catch (error) {
      if (this.#state !== 'open') await this.pass();
      throw error;
    }
  }

  #letThrough(pass: () => void): void {
    if (this.#state === 'open') pass();
    else if (this.#state === 'shut') this.#waiting.push(pass);
  }
}

/** As {@link Gate}, for what is never answered. */
export const never = (): Promise<never> => new Promise<never>(() => undefined);
