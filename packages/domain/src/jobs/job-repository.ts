import type { Attempt } from '../attempts/attempt.ts';
import type { NewAttempt, Placement } from '../attempts/attempt-repository.ts';
import type { EpochMs } from '../clock.ts';
import type { JobId, ProviderId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { Job, JobRefusal, JobSpec } from './job.ts';
import type { JobState } from './job-state.ts';
import type { Page, PageRequest } from '../page.ts';

/** A job to be stored. */
export interface NewJob {
  readonly id: JobId;
  readonly spec: JobSpec;
  /** From {@link SecretSealer.seal}; dropped by the repository when the job ends. */
  readonly sealedSecrets?: Uint8Array;
  readonly at: EpochMs;
  /** Who submits it, for the job's record and the history. */
  readonly by?: string;
  /** Says whether two submissions with the same id ask for the same. Absent: their specs say it. */
  readonly requestHash?: string;
  /**
   * Given: the job is stored as `scheduled` and owned by this epoch, in one step, whoever waits already; but as
   * `pending` where it is not to begin yet, its queue is paused, or a limit counts it.
   */
  readonly claimFor?: Epoch;
}

/** What there is to claim. */
export interface Outlook {
  /** Whether a pending job waits whose time has come: for its turn, for room under a limit, or for its queue. */
  readonly isDue: boolean;
  /** The earliest moment to come at which a pending job's time comes or is over; absent where none waits for one. */
  readonly next?: EpochMs;
}

/** Which jobs to list; the newest first. */
export interface JobQuery extends PageRequest {
  readonly states?: readonly JobState[];
  readonly name?: string;
  /** All of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only this tenant's. */
  readonly tenant?: string;
}

/**
 * Jobs, as rows that only change by compare-and-set. Each operation is one transaction, and what it changes
 * goes into the history in the same one.
 *
 * Everything rejects with `database_unavailable` where the store can't be reached.
 */
export interface JobRepository {
  /**
   * Stores a new job. Idempotent by id: the same id and spec again, or the same id and
   * {@link NewJob.requestHash}, returns the stored job.
   * @throws HodeiError `conflict` where the id exists with another spec; `idempotency_key_reused` where it exists
   * with another hash.
   */
  insert(job: NewJob): Promise<Job>;

  /**
   * Stores a new job as `scheduled`, and places it on a waiting worker of a pool in the same statement: worker
   * `ready → busy`, attempt number 1.
   * @returns nothing where the worker does not wait any more, or is not this epoch's, or the job may not be placed
   * at once: it is not to begin yet, its queue is paused, a limit counts it, or in its queue a job waits whose
   * turn is before its own, or jobs of several tenants do. Nothing is written then; insert it, and it is claimed in its turn.
   * @throws HodeiError `conflict` where the id exists.
   */
  insertOnWorker(
    job: Omit<NewJob, 'claimFor'>,
    placement: Placement,
  ): Promise<{ readonly job: Job; readonly attempt: Attempt } | undefined>;

  /**
   * Stores a new job as {@link JobRepository.insert} does, and begins its first attempt in the same statement as
   * {@link AttemptRepository.begin} does, where nothing keeps it back: its spec {@link mayBeginAtOnce}, its queue is
   * neither paused nor limited, no limit counts all jobs, and no job of any queue is ready and waits for its claim.
   * @returns the attempt with the job where it was begun, which is `scheduled` then. Without one the job is `pending`,
   * or is there already and as it is.
   * @throws HodeiError as {@link JobRepository.insert}; `provider_unavailable` where the provider has no room for the
   * worker (`details.reason` is `no_capacity`). Nothing is stored then.
   */
  insertBegun(
    job: Omit<NewJob, 'claimFor'>,
    attempt: Omit<NewAttempt, 'jobId'>,
  ): Promise<{ readonly job: Job; readonly attempt?: Attempt }>;

  /** @throws HodeiError `not_found` */
  get(jobId: JobId): Promise<Job>;

  /** @throws HodeiError `invalid_input` for a cursor that is none. */
  list(query: JobQuery): Promise<Page<Job>>;

  /** How many jobs are in each state; states without a job are 0. */
  countByState(): Promise<Readonly<Record<JobState, number>>>;

  /**
   * Takes pending jobs whose time has come, as {@link shareOut} says. They are `scheduled` and owned by `epoch`
   * afterwards. Concurrent claims never get the same job. A job whose cancellation was asked
   * for is never claimed.
   * @param only claims none but these.
   */
  claimPending(claim: {
    readonly epoch: Epoch;
    readonly limit: number;
    readonly at: EpochMs;
    readonly only?: readonly JobId[];
  }): Promise<readonly Job[]>;

  /**
   * How many jobs of its queue come before a pending job by their turn, whoever their tenants are; counts no further
   * than `most`. 0 for a job that is not pending. @throws HodeiError `not_found`
   */
  countBefore(jobId: JobId, most: number): Promise<number>;

  /**
   * Ends pending jobs that have waited for their first start longer than they may: `timed_out`, by `wait_timeout`.
   * Any instance may do this for all. @returns how many it ended.
   */
  expireWaiting(expiry: { readonly at: EpochMs; readonly limit: number }): Promise<number>;

  /** What there is to claim, now and later, by anybody. */
  outlook(at: EpochMs): Promise<Outlook>;

  /**
   * Gives a scheduled job back without an attempt, or ends it before one began (`outcome` and an end state).
   * @param release.to.setAside room for it is kept on this provider, and on no other one, until then or until it begins
   * or ends; unless there it is kept for a job that waits and whose turn is not after its own. See {@link SetAside}.
   * @throws HodeiError `stale_epoch`, `conflict` (not scheduled any more, or back to `pending` although its
   * cancellation was asked for), `not_found`
   */
  release(release: {
    readonly jobId: JobId;
    readonly epoch: Epoch;
    readonly at: EpochMs;
    readonly to:
      | {
          readonly state: 'pending';
          readonly notBefore: EpochMs;
          readonly refusal?: JobRefusal;
          readonly setAside?: { readonly providerId: ProviderId; readonly until: EpochMs };
        }
      | { readonly state: 'failed' | 'cancelled' | 'timed_out'; readonly outcome: NonNullable<Job['outcome']> };
  }): Promise<Job>;

  /**
   * Asks for a job's end. A pending one is `cancelled` at once; for a scheduled or running one the request is
   * recorded and its owner is told; one that has ended stays as it is. The first request stands, but a later one may
   * add `force`. Idempotent.
   * @param request.force leaves the job no grace period.
   * @throws HodeiError `not_found`
   */
  requestCancel(request: {
    readonly jobId: JobId;
    readonly by: string;
    readonly at: EpochMs;
    readonly force?: boolean;
  }): Promise<Job>;

  /** The job's sealed secrets; absent where it has none, or has ended. @throws HodeiError `not_found` */
  sealedSecrets(jobId: JobId): Promise<Uint8Array | undefined>;
}
