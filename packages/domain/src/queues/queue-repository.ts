import type { EpochMs } from '../clock.ts';
import type { KeyLimit, KeyLimitView, Queue, QueueView } from './queue.ts';

/** How many jobs are in flight (`scheduled` or `running`), counted in three ways. */
export interface InFlight {
  readonly all: number;
  readonly inQueue: number;
  readonly withKey: number;
}

/**
 * Queues and limits, by name. Every change tells all instances to look at what is pending again. All counts are
 * derived from the jobs' rows.
 */
export interface QueueRepository {
  /** Stores a queue as it is given, whether or not it was there. */
  put(queue: Queue, at: EpochMs): Promise<Queue>;

  /** Pauses a queue, or lets it go on, and leaves the rest as it is. Idempotent; creates the queue. */
  setPaused(change: { readonly name: string; readonly paused: boolean; readonly at: EpochMs }): Promise<Queue>;

  /** The queue; one that nobody configured has the defaults. */
  get(name: string): Promise<Queue>;

  /** All that are configured, have a job pending or in flight; by name. */
  list(): Promise<readonly QueueView[]>;

  /** Forgets how a queue is configured; its jobs stay. @throws HodeiError `not_found` */
  delete(name: string, at: EpochMs): Promise<void>;

  /** Sets how many jobs with a key may be in flight. What is above it already goes on. */
  putLimit(limit: KeyLimit, at: EpochMs): Promise<KeyLimit>;

  /** All limits, by key. */
  listLimits(): Promise<readonly KeyLimitView[]>;

  /** @throws HodeiError `not_found` */
  deleteLimit(key: string, at: EpochMs): Promise<void>;

  /** How much is in flight now. */
  countInFlight(of: { readonly queue: string; readonly key?: string }): Promise<InFlight>;
}
