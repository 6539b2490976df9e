import type { EpochMs } from '../clock.ts';
import type { AttemptId, JobId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { OutputChunk, OutputStream } from './output.ts';

/** A stored piece of a job's output, or the record of a gap in it. */
export interface LogRecord extends OutputChunk {
  readonly attemptId: AttemptId;
  /** Grows with each record of the job, in the order in which they were stored. A cursor. */
  readonly seq: number;
}

/** What whoever goes on with the output of an attempt has to know about what is stored. */
export interface StoredOutput {
  /** How many bytes are kept of the job, all its attempts together. */
  readonly jobBytes: number;
  /** The last bytes that are kept of each stream of the attempt, as far as no gap comes after them. */
  readonly tails: Readonly<Record<OutputStream, Uint8Array>>;
  /** The streams of the attempt of which nothing is kept any more. */
  readonly cutOff: readonly OutputStream[];
}

/** The durable output of jobs, byte for byte, acknowledged by offset. */
export interface LogRepository {
  /**
   * Stores output and acknowledges it, in one transaction. Each chunk begins where its stream was
   * acknowledged last; one with a gap moves the offset on by what was lost.
   *
   * A gap that has its record already, at that place of that stream, gets no second one. All gaps `over_limit` of
   * one stream of an attempt share one record, that of the first, which from then on counts them all.
   *
   * @returns the `seq` of each record that was added, in their order; a chunk without bytes and without a gap adds none.
   * @throws HodeiError `stale_epoch`; `conflict` where a chunk does not begin at the acknowledged offset, or the
   * attempt has its outcome already (then nothing is stored: who read to the end has all); `not_found`
   */
  append(append: {
    readonly attemptId: AttemptId;
    readonly epoch: Epoch;
    readonly chunks: readonly OutputChunk[];
  }): Promise<readonly number[]>;

  /** Output of all attempts of a job, in order, after `afterSeq` (0: from the beginning), at most `maxBytes` and a chunk. */
  read(query: {
    readonly jobId: JobId;
    readonly afterSeq: number;
    readonly maxBytes: number;
    readonly stream?: OutputStream;
    readonly since?: EpochMs;
  }): Promise<readonly LogRecord[]>;

  /** The gaps in the output of all attempts of a job, in order. */
  listGaps(jobId: JobId): Promise<readonly LogRecord[]>;

  /** @param query.tailBytes how long the tails are at most. @throws HodeiError `not_found` */
  getStored(query: { readonly attemptId: AttemptId; readonly tailBytes: number }): Promise<StoredOutput>;
}
