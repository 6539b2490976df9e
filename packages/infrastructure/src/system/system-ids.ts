import { randomFillSync } from 'node:crypto';

import type { IdGenerator } from '@hodei/domain';
import { v7 } from 'uuid';

/** What an id or a nonce takes of randomness. */
const ID_BYTES = 16;
/** So many are fetched at once: the kernel takes as long for one. */
const POOLED = 256;

/** Ids from the machine's clock and its cryptographic random source. Within a process they sort as they were made. */
export class SystemIds implements IdGenerator {
  readonly #pool = Buffer.alloc(POOLED * ID_BYTES);
  #used = this.#pool.length;
  #msecs = 0;
  /** Counts on from a random number (RFC 9562, 6.2, method 1), as `uuid` does where it fetches its own randomness. */
  #seq = 0;

  uuid(): string {
    const random = this.#takeRandom();
    const now = Date.now();
    if (now > this.#msecs) {
      this.#msecs = now;
      this.#seq = random.readUInt32BE(6) >>> 1;
    } else this.#seq += 1;
    return v7({ random, msecs: this.#msecs, seq: this.#seq });
  }

  nonce(): string {
    return this.#takeRandom().toString('hex');
  }

  #takeRandom(): Buffer {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += ID_BYTES;
    return this.#pool.subarray(this.#used - ID_BYTES, this.#used);
  }
}
