import type { EpochMs } from '@hodei/domain';

import type { Frame } from './read-frames.ts';

/** One message of the engine's log: a line, or a piece of a long one. Its newline is part of it. */
export interface LogMessage extends Frame {
  /** When the engine got it from the job. */
  readonly at: EpochMs;
  /** The same as the engine writes it, to the nanosecond. */
  readonly stamp: string;
}
