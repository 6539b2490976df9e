import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';

import { HodeiError } from '@hodei/domain';

/** The lines of a file, or of stdin (`-`), as they come. @throws HodeiError `invalid_input` where it can't be read. */
export async function* readLines(path: string): AsyncGenerator<string> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  // readline does not tell of its input's errors.
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  input.once('error', failed.reject);
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HodeiError('invalid_input', `${path} can't be read: ${reason}`, { cause: error });
  } finally {
    input.destroy();
  }
}
