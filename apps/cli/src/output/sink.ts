import { write } from 'node:fs';

/** How long to wait before asking again whether a pipe that is full takes more, in milliseconds. */
const FULL_PIPE_MS = 5;

/** Nobody reads what we write any more, as with `hodei run ... | head`. */
export class ClosedOutputError extends Error {
  override readonly name = 'ClosedOutputError';
}

/** Where bytes go. Write one after another: the next when the one before has resolved. */
export interface Sink {
  /**
   * Resolves when all was taken, however slow the reader is.
   * @throws ClosedOutputError where nobody reads it.
   */
  write(data: Uint8Array | string): Promise<void>;
}

/**
 * A sink on a file descriptor. It does not go through `process.stdout`, whose writes to a terminal block the whole
 * process: a user who stops the terminal with Ctrl-S would stop the loop that renews our lease.
 */
export function openSink(fd: number): Sink {
  return {
    write: async (data) => {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      for (let done = 0; done < bytes.length; ) done += await writeSome(fd, bytes, done);
    },
  };
}

function writeSome(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, offset, (error, written) => {
      if (error === null) resolve(written);
      // The pipe was made non-blocking by whoever shares it with us, and there is no other way to wait for it here.
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), FULL_PIPE_MS);
      else if (error.code === 'EPIPE' || error.code === 'EBADF') reject(new ClosedOutputError(error.message, { cause: error }));
      else reject(error);
    });
  });
}
