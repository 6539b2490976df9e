import {
  endOfChunk,
  gapChunk,
  lastBytes,
  NO_OUTPUT,
  type EpochMs,
  type OutputChunk,
  type OutputOffsets,
  type OutputStream,
} from '@hodei/domain';

/** What is known of a job's output: how much, and the bytes right before that, with `*` where any may be. */
export interface KnownOutput {
  readonly from: OutputOffsets;
  readonly before: Readonly<Record<OutputStream, Uint8Array>>;
}

/** By so many bytes a place is found again. */
const KNOWN_BYTES = 1024;

export const NOTHING_KNOWN: KnownOutput = {
  from: NO_OUTPUT,
  before: { stdout: new Uint8Array(0), stderr: new Uint8Array(0) },
};

/** What is known once the chunk is, too. What comes before a gap does not tell where its stream goes on. */
export function knownAfter({ from, before }: KnownOutput, chunk: OutputChunk): KnownOutput {
  const { stream, bytes, gap } = chunk;
  const tail = gap === undefined ? lastBytes(before[stream], bytes, KNOWN_BYTES) : new Uint8Array(0);
  return { from: { ...from, [stream]: endOfChunk(chunk) }, before: { ...before, [stream]: tail } };
}

/** Where in an engine's log, as it counts itself, a stream goes on from what is known. */
export interface OutputPlace {
  readonly start: number;
  /** Something may be missing there, nobody knows how much. */
  readonly hasGap: boolean;
}

/** Nothing that is known is found again: all that is there counts as new. */
export const NOWHERE: Readonly<Record<OutputStream, OutputPlace>> = {
  stdout: { start: 0, hasGap: true },
  stderr: { start: 0, hasGap: true },
};

/** Turns output as a log counts it into what follows what is known. */
export interface PlacedOutput {
  /** The gaps that come first. */
  gaps(at: EpochMs): readonly OutputChunk[];
  /** What of the chunk is new. */
  push(chunk: OutputChunk): readonly OutputChunk[];
  /** Of a stream: where its log first differs from what is known; nothing where it does not. */
  differsAt(stream: OutputStream): number | undefined;
  /** The log has ended: whether the stream has less than what is known. */
  isShort(stream: OutputStream): boolean;
}

const ANY = 0x2a; // "*"
const NEWLINE = 0x0a;

/** @param places absent: the log has it all, and counts as we do; then what it has before `from` is compared. */
export function createPlacedOutput(
  { from, before }: KnownOutput,
  places: Readonly<Record<OutputStream, OutputPlace>> | undefined,
): PlacedOutput {
  const streams = { stdout: streamOf('stdout'), stderr: streamOf('stderr') };
  return {
    gaps: (at) =>
      (['stdout', 'stderr'] as const)
        .filter((stream) => places?.[stream].hasGap === true)
        .map((stream) => gapChunk({ stream, offset: from[stream], at }, 'log_lost')),
    push: (chunk) => streams[chunk.stream].push(chunk),
    differsAt: (stream) => streams[stream].differsAt(),
    isShort: (stream) => streams[stream].isShort(),
  };

  function streamOf(stream: OutputStream) {
    const start = places?.[stream].start ?? from[stream];
    const known = places === undefined ? before[stream] : new Uint8Array(0);
    let end = 0;
    let differs: number | undefined;
    return {
      push: (chunk: OutputChunk): readonly OutputChunk[] => {
        end = chunk.offset + chunk.bytes.length;
        differs ??= firstDifference(chunk, known, start - known.length);
        const skip = Math.max(0, start - chunk.offset);
        if (differs !== undefined || skip >= chunk.bytes.length) return [];
        const offset = from[stream] + chunk.offset + skip - start;
        return [{ ...chunk, offset, bytes: chunk.bytes.subarray(skip) }];
      },
      differsAt: () => differs,
      // Engines before 23.0 drop the newline of a last line over 16 KiB; see createLineEnds.
      isShort: () => end < start && !(end === start - 1 && known.at(-1) === NEWLINE),
    };
  }
}

/** Where the chunk differs from the known bytes, which belong at `begin`; offsets as the log counts them. */
function firstDifference({ offset, bytes }: OutputChunk, known: Uint8Array, begin: number): number | undefined {
  const last = Math.min(offset + bytes.length, begin + known.length);
  for (let at = Math.max(offset, begin); at < last; at += 1)
    if (known[at - begin] !== ANY && known[at - begin] !== bytes[at - offset]) return at;
  return undefined;
}

/** Whether the bytes are these from `at` on, of which `*` may be any. */
export function matchesAt(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at < 0 || at + pattern.length > bytes.length) return false;
  return pattern.every((byte, index) => byte === ANY || byte === bytes[at + index]);
}
