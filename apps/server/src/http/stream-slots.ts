import { HodeiError } from '@hodei/domain';

/** Bounds how many streams this process serves at once. */
export class StreamSlots {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @throws HodeiError `unavailable` where all are taken. */
  take(): Disposable {
    if (this.#taken >= this.#most) {
      throw new HodeiError(
        'unavailable',
        `this server serves ${this.#most} streams already, its most; try another one, or later`,
      );
    }
    this.#taken += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#taken -= 1;
        isHeld = false;
      },
    };
  }
}
