import type { AttemptId, JobId, LogRecord } from '@hodei/domain';

/** How much may wait for one reader, in bytes; a slower one reads the store instead. */
const MAX_WAITING_BYTES = 512 * 1024;

/** An attempt whose output this process stores. */
interface Source {
  readonly attemptId: AttemptId;
  /** The last record of the job that is stored; absent where nobody here knows. */
  lastSeq: number | undefined;
}

/** Whose output it is. */
type Whose = { readonly id: AttemptId; readonly jobId: JobId };

/** Gives one follower of a job what was stored, without a query. */
export interface LiveReader extends Disposable {
  /**
   * Every record that was stored after `afterSeq`, which may be none; each is given out once.
   * @returns nothing where this process does not know: then the store has to be read.
   */
  take(afterSeq: number): readonly LogRecord[] | undefined;
}

/**
 * Hands output that is durable from whoever stored it to those who follow it in the same process, so that they need
 * not read it back. It only ever saves a query: whoever it can't serve reads the store, and what it gives out is what
 * the store has.
 */
export class LiveOutput {
  readonly #sources = new Map<JobId, Source>();
  readonly #readers = new Map<JobId, Set<Reader>>();

  /** The output of this attempt is stored by this process from now on. @param lastSeq of the job, where it is known. */
  open({ id, jobId }: Whose, lastSeq: number | undefined): void {
    this.#sources.set(jobId, { attemptId: id, lastSeq });
    for (const reader of this.#readers.get(jobId) ?? []) reader.begin(lastSeq);
  }

  /**
   * More was stored.
   * @param records all of it, as it is read from the store; absent where that is not known.
   */
  stored({ id, jobId }: Whose, records: readonly LogRecord[] | undefined): void {
    const source = this.#sources.get(jobId);
    if (source?.attemptId !== id) return;
    for (const reader of this.#readers.get(jobId) ?? []) reader.add(source.lastSeq, records);
    source.lastSeq = records === undefined ? undefined : (records.at(-1)?.seq ?? source.lastSeq);
  }

  /** This process stores no more output of this job. @returns whether it did. */
  close(jobId: JobId): boolean {
    if (!this.#sources.delete(jobId)) return false;
    for (const reader of this.#readers.get(jobId) ?? []) reader.begin(undefined);
    return true;
  }

  read(jobId: JobId): LiveReader {
    const reader = new Reader(this.#sources.get(jobId)?.lastSeq);
    const readers = this.#readers.get(jobId) ?? new Set();
    this.#readers.set(jobId, readers.add(reader));
    return {
      take: (afterSeq) => reader.take(afterSeq),
      [Symbol.dispose]: () => {
        readers.delete(reader);
        if (readers.size === 0 && this.#readers.get(jobId) === readers) this.#readers.delete(jobId);
      },
    };
  }
}

class Reader {
  /** What waits is all that was stored after this record; absent: nobody knows. */
  #after: number | undefined;
  #waiting: LogRecord[] = [];
  #bytes = 0;

  constructor(after: number | undefined) {
    this.#after = after;
  }

  begin(after: number | undefined): void {
    this.#after = after;
    this.#waiting = [];
    this.#bytes = 0;
  }

  add(lastSeq: number | undefined, records: readonly LogRecord[] | undefined): void {
    if (records === undefined) return this.begin(undefined);
    for (const { bytes } of records) this.#bytes += bytes.length;
    const last = records.at(-1)?.seq ?? lastSeq;
    if (this.#bytes > MAX_WAITING_BYTES) return this.begin(last);
    if (this.#after === undefined) {
      // What came before is for the store to say.
      this.begin(lastSeq ?? last);
      if (lastSeq === undefined) return;
    }
    this.#waiting.push(...records);
  }

  take(afterSeq: number): readonly LogRecord[] | undefined {
    if (this.#after === undefined || afterSeq < this.#after) return undefined;
    const taken = this.#waiting.filter(({ seq }) => seq > afterSeq);
    this.begin(Math.max(this.#after, afterSeq, this.#waiting.at(-1)?.seq ?? 0));
    return taken;
  }
}
