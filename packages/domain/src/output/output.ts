import type { EpochMs } from '../clock.ts';
import { HodeiError } from '../errors.ts';

/** The two streams a job writes. They are kept apart everywhere. */
export type OutputStream = 'stdout' | 'stderr';

/**
 * Why output is missing:
 *
 * - `log_lost`: the engine's log does not have it any more, or never got it
 * - `worker_lost`: the worker vanished before its output was read to the end
 * - `over_limit`: the job has written more than is kept of it; from here on its stream is counted and dropped
 */
export const GAP_REASONS = ['log_lost', 'worker_lost', 'over_limit'] as const;

/** See {@link GAP_REASONS}. */
export type GapReason = (typeof GAP_REASONS)[number];

/** What is missing of a stream at one place. */
export interface OutputGap {
  readonly reason: GapReason;
  /** How many bytes. Absent where nobody knows, and it may be none: offsets go on then as if it were none. */
  readonly lostBytes?: number;
}

/** A piece of one stream: bytes from `offset` on, or a gap in their place. The launch marker is part of no stream. */
export interface OutputChunk {
  readonly stream: OutputStream;
  /** How many bytes of this stream come before, lost ones included as far as they could be counted. */
  readonly offset: number;
  /** Empty where there is a gap. */
  readonly bytes: Uint8Array;
  /** When the job wrote them, as the engine recorded it; on a live connection, when they arrived. */
  readonly at: EpochMs;
  /** Present where bytes are missing here. */
  readonly gap?: OutputGap;
}

/** How many bytes of each stream are known, or safe, or to be skipped. */
export type OutputOffsets = Readonly<Record<OutputStream, number>>;

export const NO_OUTPUT: OutputOffsets = { stdout: 0, stderr: 0 };

/** The offset at which the stream goes on after this chunk. */
export const endOfChunk = ({ offset, bytes, gap }: Pick<OutputChunk, 'offset' | 'bytes' | 'gap'>): number =>
  offset + bytes.length + (gap?.lostBytes ?? 0);

/** The chunk that says that bytes are missing. */
export const gapChunk = (
  { stream, offset, at }: Pick<OutputChunk, 'stream' | 'offset' | 'at'>,
  reason: GapReason,
  lostBytes?: number,
): OutputChunk => ({
  stream,
  offset,
  at,
  bytes: new Uint8Array(0),
  gap: lostBytes === undefined ? { reason } : { reason, lostBytes },
});

/** @throws HodeiError `unknown_value` */
export function parseGapReason(text: string): GapReason {
  const reason = GAP_REASONS.find((known) => known === text);
  if (reason !== undefined) return reason;
  throw new HodeiError('unknown_value', `"${text}" is no reason of a gap; known are ${GAP_REASONS.join(', ')}`);
}

/** The last bytes of both together, at most so many; a copy, so that a small piece keeps no large one in memory. */
export function lastBytes(earlier: Uint8Array, later: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  if (later.length >= most) return new Uint8Array(later.slice(later.length - most));
  const kept = earlier.subarray(Math.max(0, earlier.length + later.length - most));
  const joined = new Uint8Array(kept.length + later.length);
  joined.set(kept);
  joined.set(later, kept.length);
  return joined;
}
