import { randomBytes } from 'node:crypto';

import type { IdGenerator } from '@hodei/domain';
import { v7 } from 'uuid';

/** Ids from the machine's clock and its cryptographic random source. Within a process they sort as they were made. */
export class SystemIds implements IdGenerator {
  uuid(): string {
    return v7();
  }

  nonce(): string {
    return randomBytes(16).toString('hex');
  }
}
