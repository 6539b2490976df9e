import type { Load } from '../providers/capacity.ts';
import type { EpochMs } from '../clock.ts';
import type { ProviderId, WorkerId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Outcome } from '../attempts/termination.ts';
import type { EndRequest, Heartbeat, Worker, WorkerHandle, WorkerSpec } from './worker.ts';
import type { ListedWorker } from '../providers/worker-provider.ts';
import type { WorkerState } from './worker-state.ts';

/** Which workers to list; the newest first. */
export interface WorkerQuery extends PageRequest {
  readonly states?: readonly WorkerState[];
  readonly providerId?: ProviderId;
}

/** How many workers of a pool there are, by what they do. */
export interface PoolCounts {
  readonly idle: number;
  readonly busy: number;
  readonly other: number;
}

/** A worker to be made for a pool, before there is a job. */
export interface NewPoolWorker extends Pick<WorkerSpec, 'workerId' | 'image' | 'resources' | 'expiresAt'> {
  readonly pool: string;
  readonly providerId: ProviderId;
  readonly epoch: Epoch;
  readonly at: EpochMs;
}

/**
 * Workers. They are born in {@link AttemptRepository.begin} for a job, or in `insertForPool`; every later change is
 * compare-and-set and fenced.
 */
export interface WorkerRepository {
  /**
   * Intent before effect: stores a worker as `creating` for a pool. Workers of the pool are counted from the rows,
   * under a lock of the pool's row: there are never more than its `maxWorkers` that are not terminated.
   * @throws HodeiError `limit_exceeded` where the pool has as many as it may have; `not_found` for its pool or
   * provider; `stale_epoch` where the lease of the epoch is over.
   */
  insertForPool(worker: NewPoolWorker): Promise<Worker>;

  /** @throws HodeiError `not_found` */
  get(workerId: WorkerId): Promise<Worker>;

  /** @throws HodeiError `invalid_input` for a cursor that is none. */
  list(query: WorkerQuery): Promise<Page<Worker>>;

  /** How many live workers each pool has: `idle` are `ready`, `other` neither that nor at a job. */
  countByPool(): Promise<ReadonlyMap<string, PoolCounts>>;

  /** How many workers of each provider are not terminated: derived from the rows, never kept. */
  countLive(): Promise<ReadonlyMap<ProviderId, number>>;

  /** What the workers of each provider that are not terminated hold, derived in the same way. */
  loads(): Promise<ReadonlyMap<ProviderId, Load>>;

  /** How many workers there are in each state, those that are terminated included. */
  countByState(): Promise<Readonly<Record<WorkerState, number>>>;

  /**
   * Records one look at a provider, in one statement however many workers it has: of the workers of this epoch, those
   * that were listed are seen; those that should have been (they had a handle before the look began) and were not are
   * missing, since the first look that missed them. Changes no state, and no row of another epoch.
   *
   * @returns all workers of the provider that are not terminated, whoever owns them, as they are afterwards.
   */
  observe(look: {
    readonly providerId: ProviderId;
    readonly epoch: Epoch;
    /** When the look began. */
    readonly at: EpochMs;
    readonly listed: readonly Pick<ListedWorker, 'workerId' | 'trouble'>[];
  }): Promise<readonly Worker[]>;

  /**
   * Records that someone asks for a worker's end, and tells its owner by a change. The first request stands, but
   * `destroy` replaces `drain`. One that is terminating or terminated stays as it is. Idempotent.
   * @throws HodeiError `not_found`
   */
  requestEnd(request: { readonly workerId: WorkerId } & EndRequest): Promise<Worker>;

  /**
   * Stores the hash of the secret with which a worker reports, instead of any other.
   * @throws HodeiError `stale_epoch`; `conflict` where it is terminating or terminated; `not_found`
   */
  setToken(token: { readonly workerId: WorkerId; readonly epoch: Epoch; readonly hash: string }): Promise<void>;

  /**
   * Records what a worker says of itself, where the hash is that of its token or of the next one after it, under the
   * owner that it has. That token becomes its token, and the given one the next.
   * @throws HodeiError `stale_epoch` where another epoch owns it; `unauthenticated` for another hash; `conflict` where
   * it is terminating or terminated; `not_found`
   */
  reportHeartbeat(report: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly hash: string;
    readonly nextHash: string;
    readonly heartbeat: Heartbeat;
  }): Promise<Worker>;

  /**
   * Lets an idle worker go: `ready` without a job becomes `draining`, so that nothing can be given to it any more.
   * @throws HodeiError `stale_epoch`; `conflict` where it is not idle; `not_found`
   */
  retire(retired: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly at: EpochMs;
    readonly termination: Outcome;
  }): Promise<Worker>;

  /**
   * The engine has made it: `creating` or `connecting` becomes `ready`, with its handle.
   * @throws HodeiError `stale_epoch`, `conflict`, `not_found`
   */
  markReady(ready: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly handle: WorkerHandle;
    readonly at: EpochMs;
  }): Promise<void>;

  /**
   * Moves a worker on, if it still is in `from`.
   * @throws HodeiError `stale_epoch`; `conflict` where it is in another state; `invalid_transition` where the
   * table has no such step (nothing is written then); `not_found`
   */
  transition(change: {
    readonly workerId: WorkerId;
    readonly epoch: Epoch;
    readonly from: WorkerState;
    readonly to: WorkerState;
    readonly at: EpochMs;
    /** Why it ended; kept from the first time it is given. */
    readonly termination?: Outcome;
  }): Promise<void>;
}
