import type { HistoryEvent } from './history-event.ts';
import type { JobId, ProviderId, WorkerId } from './ids.ts';

/**
 * What happened. The other repositories write most of it, each change with its event in one transaction; this
 * port reads it, and adds what no row tells.
 */
export interface HistoryRepository {
  append(event: Omit<HistoryEvent, 'seq'>): Promise<void>;

  /** Events after `afterSeq` (0: from the beginning), in order. */
  list(query: {
    readonly afterSeq: number;
    readonly limit: number;
    readonly jobId?: JobId;
    readonly workerId?: WorkerId;
    readonly providerId?: ProviderId;
  }): Promise<readonly HistoryEvent[]>;
}
