import type { EpochMs, OutputStream } from '@hodei/domain';

import type { LogMessage } from './log-message.ts';

/** moby cuts a line into messages of just this size (daemon/logger/copier.go, defaultBufSize). */
const PIECE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const LINE_END: Uint8Array = Uint8Array.of(NEWLINE);

/**
 * Puts back the newlines that an engine's log drops; to be called with each message in turn.
 *
 * moby's driver `local` gives each message its newline back, but before 23.0 not the last piece of a line
 * over 16 KiB (daemon/logger/local/read.go). The pieces before it have just 16 KiB and the same time, so its
 * place is known as soon as something follows. Where nothing follows it can't be known, and nothing is made
 * up: on such an engine the newline after a last line of that length is missing from the log.
 */
export function createLineEnds(): (message: LogMessage) => readonly LogMessage[] {
  /** When the line was written whose last piece is still to come. */
  const open = new Map<OutputStream, EpochMs>();
  /** When the line was written whose newline is missing. */
  const owed = new Map<OutputStream, Pick<LogMessage, 'at' | 'stamp'>>();
  return (message) => {
    const { stream, at, stamp, bytes } = message;
    const missing = owed.get(stream);
    const goesOn = open.get(stream) === at;
    owed.delete(stream);
    open.delete(stream);
    if (bytes.at(-1) !== NEWLINE) {
      if (bytes.length === PIECE_BYTES) open.set(stream, at);
      else if (goesOn) owed.set(stream, { at, stamp });
    }
    return missing === undefined ? [message] : [{ stream, ...missing, bytes: LINE_END }, message];
  };
}
