import { HodeiError, type OutputStream } from '@hodei/domain';

/** One message of the engine's multiplexed stream. */
export interface Frame {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
/** The engine writes at most 32 KB at once on attach and 1 MB a log message; anything far beyond is no frame. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const STDOUT = 1;
const STDERR = 2;
/** The engine reports its own failure to read a log in the stream itself (moby pkg/stdcopy, Systemerr). */
const SYSTEM_ERROR = 3;

/**
 * Takes a multiplexed stream of the engine apart (attach and logs of a container without a terminal): for
 * each piece that arrives, the messages that it completes. Reads no faster than its consumer; holds at most
 * one unfinished message.
 *
 * @throws HodeiError `provider_unavailable` where the engine reports an error in the stream; whatever the
 * source throws; `internal` for bytes that are no such stream.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Frame[], void, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let needed = HEADER_BYTES;
  for await (const piece of source) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < needed) continue;
    const joined = Buffer.concat(held);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      needed = frameBytes(joined, at);
      if (joined.length - at < needed) break;
      frames.push(toFrame(joined, at, needed));
      at += needed;
    }
    held = at === joined.length ? [] : [joined.subarray(at)];
    heldBytes = joined.length - at;
    if (frames.length > 0) yield frames;
  }
  if (heldBytes > 0) {
    throw new HodeiError(
      'provider_unavailable',
      'the engine broke off in the middle of a message of its output stream',
    );
  }
}

/** How long the frame at this place is, its header included; just the header while that is not all there. */
function frameBytes(joined: Buffer, at: number): number {
  if (joined.length - at < HEADER_BYTES) return HEADER_BYTES;
  const payload = joined.readUInt32BE(at + 4);
  if (payload > MAX_FRAME_BYTES) {
    throw new HodeiError(
      'internal',
      `the engine announced a message of ${payload} bytes, which can't be; is this its multiplexed stream?`,
    );
  }
  return HEADER_BYTES + payload;
}

function toFrame(joined: Buffer, at: number, length: number): Frame {
  const bytes = joined.subarray(at + HEADER_BYTES, at + length);
  const type = joined[at];
  if (type === STDOUT) return { stream: 'stdout', bytes };
  if (type === STDERR) return { stream: 'stderr', bytes };
  if (type === SYSTEM_ERROR) {
    throw new HodeiError(
      'provider_unavailable',
      `the engine could not go on with the output: ${bytes.toString('utf8').trim()}`,
    );
  }
  throw new HodeiError(
    'internal',
    `the engine sent a message of the unknown kind ${type}; is this its multiplexed stream?`,
  );
}
