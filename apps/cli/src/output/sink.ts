import { write } from 'node:fs';

import { HodeiError } from '@hodei/domain';

/** How long to wait before asking again whether a pipe that is full takes more, in milliseconds. */
const FULL_PIPE_MS = 5;

/** Nobody reads what we write any more, as with `hodei run ... | head`. */
export class ClosedOutputError extends Error {
  override readonly name = 'ClosedOutputError';
}

/** Where bytes go, in the order in which they were written. */
export interface Sink {
  /**
   * Resolves when all was taken, however slow the reader is. Who waits for it before the next write holds at most
   * one piece in memory.
   * @throws ClosedOutputError where nobody reads it; HodeiError `unavailable` where there is no room for it.
   */
  write(data: Uint8Array | string): Promise<void>;
}

/**
 * A sink on a file descriptor. It does not go through `process.stdout`, whose writes to a terminal block the whole
 * process: a user who stops the terminal with Ctrl-S would stop the loop that renews our lease.
 */
export function openSink(fd: number): Sink {
  let last: Promise<void> = Promise.resolve();
  const writeAll = async (data: Uint8Array | string): Promise<void> => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    for (let done = 0; done < bytes.length;) done += await writeSome(fd, bytes, done);
  };
  return {
    write: (data) => {
      const written = last.then(() => writeAll(data));
      // What fails is told to whoever wrote it; the next one finds out by itself.
      last = written.catch(() => undefined);
      return written;
    },
  };
}

function writeSome(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, offset, (error, written) => {
      if (error === null) resolve(written);
      // The pipe was made non-blocking by whoever shares it with us, and there is no other way to wait for it here.
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), FULL_PIPE_MS);
      else if (error.code === 'EPIPE' || error.code === 'EBADF')
        reject(new ClosedOutputError(error.message, { cause: error }));
      // A full disk, say: nothing that is wrong with us.
      else
        reject(
          new HodeiError('unavailable', `what there is to say can't be written: ${error.message}`, { cause: error }),
        );
    });
  });
}
