import type { EpochMs } from './clock.ts';

/** The two streams a job writes. They are kept apart everywhere. */
export type OutputStream = 'stdout' | 'stderr';

/** Bytes of one stream, from `offset` on. The launch marker is not part of any stream. */
export interface OutputChunk {
  readonly stream: OutputStream;
  /** How many bytes of this stream come before these. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** When the job wrote them, as the engine recorded it; on a live connection, when they arrived. */
  readonly at: EpochMs;
}

/** How many bytes of each stream are known, or safe, or to be skipped. */
export type OutputOffsets = Readonly<Record<OutputStream, number>>;

export const NO_OUTPUT: OutputOffsets = { stdout: 0, stderr: 0 };
