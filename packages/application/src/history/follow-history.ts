import type { HistoryEvent, HistoryRepository, JobId, ProviderId, WorkerId } from '@hodei/domain';

import type { HistoryTail } from './history-tail.ts';

/** How many events are read, and held here, at once. */
const PAGE = 200;

/**
 * The history after `afterSeq`, or from now on, as it grows, until the signal aborts: each event once, in the order of
 * their numbers.
 * @throws the signal's reason; `database_unavailable`
 */
export async function* followHistory(
  { history, tail }: { readonly history: Pick<HistoryRepository, 'list'>; readonly tail: HistoryTail },
  query: {
    readonly afterSeq?: number;
    readonly jobId?: JobId;
    readonly workerId?: WorkerId;
    readonly providerId?: ProviderId;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<HistoryEvent> {
  const { signal, afterSeq, ...filter } = query;
  let after = afterSeq ?? (await tail.now());
  for (;;) {
    const upToSeq = await tail.next(after, signal);
    for (;;) {
      const events = await history.list({ ...filter, afterSeq: after, upToSeq, limit: PAGE });
      for (const event of events) {
        signal.throwIfAborted();
        yield event;
        after = event.seq;
      }
      if (events.length < PAGE) break;
    }
    after = upToSeq;
  }
}
