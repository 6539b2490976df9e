import type { EpochMs } from './clock.ts';
import type { AttemptId, JobId } from './ids.ts';
import type { Epoch } from './instance.ts';
import type { OutputChunk, OutputStream } from './output.ts';

/** A stored piece of a job's output. */
export interface LogRecord extends OutputChunk {
  readonly attemptId: AttemptId;
  /** Grows with each record of the job, in the order in which they were stored. A cursor. */
  readonly seq: number;
}

/** The durable output of jobs, byte for byte, acknowledged by offset. */
export interface LogRepository {
  /**
   * Stores output and acknowledges it, in one transaction. Each chunk begins where its stream was
   * acknowledged last.
   * @throws HodeiError `stale_epoch`; `conflict` where a chunk does not begin at the acknowledged offset, or the
   * attempt has its outcome already (then nothing is stored: who read to the end has all); `not_found`
   */
  append(append: {
    readonly attemptId: AttemptId;
    readonly epoch: Epoch;
    readonly chunks: readonly OutputChunk[];
  }): Promise<void>;

  /** Output of all attempts of a job, in order, after `afterSeq` (0: from the beginning), at most `maxBytes` and a chunk. */
  read(query: {
    readonly jobId: JobId;
    readonly afterSeq: number;
    readonly maxBytes: number;
    readonly stream?: OutputStream;
    readonly since?: EpochMs;
  }): Promise<readonly LogRecord[]>;
}
