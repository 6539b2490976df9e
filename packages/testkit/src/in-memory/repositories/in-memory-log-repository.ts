import type { LogRecord, LogRepository } from '@hodei/domain';
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

  async append({ attemptId, epoch, chunks }: Append): Promise<void> {
    const attempt = attemptRow(this.#store, attemptId);
    assertOwner('attempt', attempt, epoch);
    assertStill(attempt.outcome === undefined, `attempt ${attemptId} has ended; nothing can be added to its output`);
    const next = { ...attempt.acknowledged };
    for (const { stream, offset, bytes } of chunks) {
      assertStill(
        offset === next[stream],
        `${stream} is acknowledged up to ${next[stream]}, but the chunk begins at ${offset}`,
      );
      next[stream] += bytes.length;
    }
    const { jobId } = attempt;
    const records = this.#store.logs.get(jobId) ?? [];
    for (const chunk of chunks.filter(({ bytes }) => bytes.length > 0)) {
      records.push({ ...chunk, bytes: new Uint8Array(chunk.bytes), attemptId, seq: this.#store.nextLogSeq() });
    }
    this.#store.logs.set(jobId, records);
    this.#store.attempts.set(attemptId, { ...attempt, acknowledged: next });
    this.#store.announce({ kind: 'logs', jobId });
  }

  async read({ jobId, afterSeq, maxBytes, stream, since }: Query): Promise<readonly LogRecord[]> {
    const page: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.#store.logs.get(jobId) ?? []) {
      if (record.seq <= afterSeq || (stream !== undefined && record.stream !== stream)) continue;
      if (since !== undefined && record.at < since) continue;
      if (bytes >= maxBytes && page.length > 0) break;
      page.push({ ...record, bytes: new Uint8Array(record.bytes) });
      bytes += record.bytes.length;
    }
    return page;
  }
}
