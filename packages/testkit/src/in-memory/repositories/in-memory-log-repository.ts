import { endOfChunk, type JobId, type LogRecord, type LogRepository, type StoredOutput } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { assertOwner, assertStill, attemptRow } from './rows.ts';

type Append = Parameters<LogRepository['append']>[0];
type Query = Parameters<LogRepository['read']>[0];

/** The output of jobs in an {@link InMemoryStore}. */
export class InMemoryLogRepository implements LogRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async append({ attemptId, epoch, chunks }: Append): Promise<readonly number[]> {
    const attempt = attemptRow(this.#store, attemptId);
    assertOwner('attempt', attempt, epoch);
    assertStill(attempt.outcome === undefined, `attempt ${attemptId} has ended; nothing can be added to its output`);
    const next = { ...attempt.acknowledged };
    for (const chunk of chunks) {
      const { stream, offset } = chunk;
      assertStill(
        offset === next[stream],
        `${stream} is acknowledged up to ${next[stream]}, but the chunk begins at ${offset}`,
      );
      next[stream] = endOfChunk(chunk);
    }
    const { jobId } = attempt;
    const records = this.#recordsOf(jobId);
    const seqs: number[] = [];
    for (const chunk of chunks) {
      const record = { ...chunk, bytes: new Uint8Array(chunk.bytes), attemptId };
      const isNew =
        chunk.gap === undefined ? chunk.bytes.length > 0 : !records.some((other) => isSameGap(other, record));
      if (!isNew) continue;
      const seq = this.#store.nextLogSeq();
      records.push({ ...record, seq });
      seqs.push(seq);
    }
    this.#store.logs.set(jobId, records);
    this.#store.attempts.set(attemptId, { ...attempt, acknowledged: next });
    this.#store.announce({ kind: 'logs', jobId });
    return seqs;
  }

  async read({ jobId, afterSeq, maxBytes, stream, since }: Query): Promise<readonly LogRecord[]> {
    const page: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.#recordsOf(jobId)) {
      if (record.seq <= afterSeq || (stream !== undefined && record.stream !== stream)) continue;
      if (since !== undefined && record.at < since) continue;
      if (bytes >= maxBytes && page.length > 0) break;
      page.push(this.#give(record));
      bytes += record.bytes.length;
    }
    return page;
  }

  async listGaps(jobId: JobId): Promise<readonly LogRecord[]> {
    return this.#recordsOf(jobId)
      .filter(({ gap }) => gap !== undefined)
      .map((record) => this.#give(record));
  }

  async getStored({ attemptId, tailBytes }: Parameters<LogRepository['getStored']>[0]): Promise<StoredOutput> {
    const records = this.#recordsOf(attemptRow(this.#store, attemptId).jobId);
    const own = records.filter((record) => record.attemptId === attemptId);
    const tailOf = (stream: LogRecord['stream']): Uint8Array => {
      const ofStream = own.filter((record) => record.stream === stream);
      const sinceGap = ofStream.slice(ofStream.findLastIndex(({ gap }) => gap !== undefined) + 1);
      const all = Uint8Array.from(sinceGap.flatMap(({ bytes }) => [...bytes]));
      return all.subarray(Math.max(0, all.length - tailBytes));
    };
    return {
      jobBytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0),
      tails: { stdout: tailOf('stdout'), stderr: tailOf('stderr') },
      cutOff: own.filter(({ gap }) => gap?.reason === 'over_limit').map(({ stream }) => stream),
    };
  }

  #recordsOf(jobId: JobId): LogRecord[] {
    return this.#store.logs.get(jobId) ?? [];
  }

  /** A stream that was cut off is lost up to now. */
  #give(record: LogRecord): LogRecord {
    const copy = { ...record, bytes: new Uint8Array(record.bytes) };
    if (record.gap?.reason !== 'over_limit') return copy;
    const lostBytes = attemptRow(this.#store, record.attemptId).acknowledged[record.stream] - record.offset;
    return { ...copy, gap: { ...record.gap, lostBytes } };
  }
}

/** One gap has one record, and all that is cut off of a stream has one. */
const isSameGap = (a: LogRecord, b: Omit<LogRecord, 'seq'>): boolean =>
  a.gap !== undefined &&
  a.attemptId === b.attemptId &&
  a.stream === b.stream &&
  (a.offset === b.offset || (a.gap.reason === 'over_limit' && b.gap?.reason === 'over_limit'));
