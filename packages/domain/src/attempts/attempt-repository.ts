import type { Attempt, PhaseTimes } from './attempt.ts';
import type { EpochMs } from '../clock.ts';
import type { AttemptId, JobId, ProviderId, WorkerId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { Job } from '../jobs/job.ts';
import type { Settlement } from './settle-attempt.ts';
import type { Outcome } from './termination.ts';
import type { WorkerSpec } from '../workers/worker.ts';

/** An attempt to be stored, with the worker that it is about to create. */
export interface NewAttempt {
  readonly attemptId: AttemptId;
  readonly jobId: JobId;
  readonly providerId: ProviderId;
  readonly worker: Pick<WorkerSpec, 'workerId' | 'image' | 'resources' | 'expiresAt'>;
  readonly nonce: string;
  readonly epoch: Epoch;
  readonly phases: PhaseTimes;
  readonly at: EpochMs;
}

/** A waiting worker of a pool that a job is placed on, with the attempt that begins by it. */
export interface Placement {
  readonly attemptId: AttemptId;
  readonly workerId: WorkerId;
  readonly nonce: string;
  readonly epoch: Epoch;
  readonly phases: PhaseTimes;
  /** After this moment nobody should need the worker any more. */
  readonly expiresAt: EpochMs;
  readonly at: EpochMs;
}

/** That an order was carried out, and what the provider could not do for its worker. */
export interface Launch {
  readonly warnings: readonly string[];
  readonly at: EpochMs;
}

/**
 * Attempts, and the steps that change an attempt, its job and its worker together. Each is one transaction,
 * compare-and-set on the states and the epoch of all rows it touches: either all change or none.
 *
 * Fenced: a write with an epoch that is not the row's is refused with `stale_epoch`.
 */
export interface AttemptRepository {
  /**
   * Intent before effect: stores the attempt, and its worker as `creating`, for a job that is `scheduled` and
   * owned by this epoch. Numbers the attempt.
   * @throws HodeiError `stale_epoch`, `conflict` (job not scheduled, or its cancellation was asked for, or it
   * has an attempt without an outcome), `not_found`; `provider_unavailable` where the provider has no room for one
   * more worker (`details.reason` is `no_capacity`): strict, whoever else begins one.
   */
  begin(attempt: NewAttempt): Promise<Attempt>;

  /**
   * Places a job that is `scheduled` and owned by this epoch on a waiting worker of a pool, which the epoch owns as
   * well: worker `ready → busy`. Stores the attempt, and numbers it.
   * @returns nothing where the worker does not wait any more; nothing is written then.
   * @throws HodeiError as {@link AttemptRepository.begin}
   */
  beginOnWorker(jobId: JobId, placement: Placement): Promise<Attempt | undefined>;

  /**
   * The order was carried out: job `scheduled → running`, worker `ready → busy` unless it is busy or draining already.
   * @throws HodeiError `stale_epoch`, `conflict`, `not_found`
   */
  markLaunched(
    launch: Launch & { readonly attemptId: AttemptId; readonly epoch: Epoch; readonly phases: PhaseTimes },
  ): Promise<void>;

  /**
   * The attempt has ended. Writes its one outcome, the job's new state (an end, or `pending` again), and the
   * worker as `terminating` unless it is that or `terminated` already. A job's end drops its sealed secrets.
   * With `reuse`, a worker that is `busy` waits again instead: `busy → ready`, without a job.
   *
   * With `launch`, what {@link AttemptRepository.markLaunched} records is recorded first, in the same write: the job goes
   * `scheduled → running` and on to its new state, a worker that is `ready` gets `busy` and goes on.
   * @throws HodeiError `stale_epoch`; `conflict` where the attempt has an outcome already, the job's state
   * does not allow it (with `launch`: it is not `scheduled`), or the job would be `pending` although its cancellation
   * was asked for; `not_found`
   */
  finish(end: {
    readonly attemptId: AttemptId;
    readonly epoch: Epoch;
    readonly launch?: Launch;
    readonly outcome: Outcome;
    readonly settlement: Settlement;
    readonly phases: PhaseTimes;
    readonly reuse?: boolean;
    readonly at: EpochMs;
  }): Promise<Job>;

  /** @throws HodeiError `not_found` */
  get(attemptId: AttemptId): Promise<Attempt>;

  /** All attempts of a job by number. Empty for an unknown job. */
  listByJob(jobId: JobId): Promise<readonly Attempt[]>;
}
