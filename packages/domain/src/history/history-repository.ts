import type { HistoryEvent } from './history-event.ts';
import type { JobId, ProviderId, WorkerId } from '../ids.ts';

/** How far the history can be read without missing anything. */
export interface HistoryHorizon {
  /** No event up to this `seq` can appear any more: whoever has read up to here has all of them. */
  readonly upTo: number;
  /** Events after it are there already, and may have others before them yet: look again very soon. */
  readonly isPending: boolean;
}

/**
 * What happened. The other repositories write most of it, each change with its event in one transaction; this
 * port reads it, and adds what no row tells.
 */
export interface HistoryRepository {
  append(event: Omit<HistoryEvent, 'seq'>): Promise<void>;

  /** Events after `afterSeq` (0: from the beginning), in order; `upToSeq` is the last that may be among them. */
  list(query: {
    readonly afterSeq: number;
    readonly upToSeq?: number;
    readonly limit: number;
    readonly jobId?: JobId;
    readonly workerId?: WorkerId;
    readonly providerId?: ProviderId;
  }): Promise<readonly HistoryEvent[]>;

  /**
   * Events are numbered when they are written, and appear when their transaction commits: one with a lower number may
   * appear later. Who follows the history therefore reads no further than this horizon. It only moves forward.
   */
  horizon(): Promise<HistoryHorizon>;
}
