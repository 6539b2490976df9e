import {
  toHodeiError,
  type Attempt,
  type CancelRequest,
  type HodeiError,
  type Job,
  type JobId,
  type Worker,
  type WorkerId,
} from '@hodei/domain';

import { adoptAttempt } from '../attempts/adopt-attempt.ts';
import type { AttemptResult } from '../attempts/end-attempt.ts';
import type { OnProgress } from '../attempts/prepare-worker.ts';
import { runAttempt, runBegunAttempt, type BegunJob } from '../attempts/run-attempt.ts';
import type { StopSignals } from '../attempts/stop-job.ts';
import type { PoolWorker } from '../pools/pool-worker.ts';
import { placeClaimedJob } from '../pools/place-claimed-job.ts';
import { runPlacedAttempt, type PlacedJob } from '../pools/run-placed-attempt.ts';
import type { Subscription } from '../support/change-hub.ts';
import type { JobContext } from '../support/job-context.ts';
import { withFacts } from '../support/with-facts.ts';
import { destroyWorker } from '../workers/destroy-worker.ts';
import { ActiveJob, type RunningHere } from './active-job.ts';
import { giveBackJob } from './give-back-job.ts';
import { RoomTries } from './room-tries.ts';
import { selectProvider } from './select-provider.ts';

/** How long it takes to look again for a cancellation after that failed, in milliseconds. */
const LOOK_AGAIN_MS = 1000;

/** After so many idle workers that took no order, a job gets a worker that is made for it. */
const MOST_HAND_OVERS = 2;

/**
 * The jobs that this instance runs now. Each is one task: a provider is chosen, an attempt is run, its end
 * recorded; meanwhile the job's row is watched for a cancellation.
 */
export class JobRunner {
  readonly #context: JobContext;
  /** How many jobs are worth a claim while there is no room. */
  readonly roomTries = new RoomTries();
  /** Whether jobs may wait for their claim, as far as this instance knows: new ones are not begun before them. */
  othersWait = false;
  readonly #active = new Map<JobId, RunningHere>();
  /** New jobs that are being stored as begun here. */
  readonly #starting = new Set<{ readonly jobId: JobId }>();
  #isOpen = false;
  readonly #cleaning = new Map<WorkerId, Promise<void>>();
  /** How often idle workers did not take a job's order. */
  readonly #failedHandOvers = new Map<JobId, number>();

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** How many jobs run in this instance now, or are about to. */
  get activeCount(): number {
    return this.#active.size + this.#starting.size;
  }

  /** Whether this job runs here now, or is about to. */
  has(jobId: JobId): boolean {
    return this.#active.has(jobId) || [...this.#starting].some((place) => place.jobId === jobId);
  }

  /** Takes new jobs until it is disposed of. Those that run go on. */
  open(): Disposable {
    this.#isOpen = true;
    return { [Symbol.dispose]: () => void (this.#isOpen = false) };
  }

  /**
   * Takes one of the places of this instance for a new job, from before it is stored: whoever looks at what this
   * instance owns leaves it alone then. Dispose of it when the job runs, or does not.
   * @returns nothing where no place is free, or no job is taken any more.
   */
  takePlace(jobId: JobId): Disposable | undefined {
    const { lost, policy } = this.#context;
    if (!this.#isOpen || lost.aborted || this.activeCount >= policy.maxConcurrentJobs) return undefined;
    const place = { jobId };
    this.#starting.add(place);
    return { [Symbol.dispose]: () => void this.#starting.delete(place) };
  }

  /**
   * Runs a job that is scheduled for this instance, for one attempt: on a worker of a pool where one waits here for
   * such a job, else on one that is made for it.
   * @returns the job afterwards: ended, or `pending` again.
   * @throws HodeiError `stale_epoch` where it belongs to another instance now.
   */
  start(job: Job, onProgress?: OnProgress): Promise<Job> {
    const active = this.#active.get(job.id);
    if (active !== undefined) return this.#startAfter(active.done, job, onProgress);
    // What was asked for before this is found by the statement that begins the attempt, and refuses to.
    const cancels = this.#context.hub.subscribe({ jobId: job.id, kinds: ['cancel'] }, false);
    const run = async (signals: StopSignals): Promise<Job> => {
      try {
        const placed = await this.#place(job, [signals.stop, signals.lost]);
        if (placed !== undefined) return await this.#runPlaced({ job, ...placed }, signals);
        using selection = await selectProvider(this.#context, job);
        this.roomTries.found();
        return await this.#ended(runAttempt(this.#context, job, selection, signals, onProgress));
      } catch (thrown) {
        const error = toHodeiError(thrown);
        if (error.details['reason'] === 'no_capacity') this.roomTries.refused(this.#context.clock.now());
        const diagnostics = withFacts(this.#context.diagnostics, { jobId: job.id });
        return await giveBackJob({ ...this.#context, diagnostics }, job, error);
      }
    };
    return this.#track(job, run, cancels);
  }

  /**
   * Runs a job that was placed on a worker of this instance, in the background.
   * @param cancels is told of requests for its end since before it was stored; this disposes of it.
   */
  startPlaced(placed: PlacedJob, cancels?: Subscription): void {
    this.#inBackground(
      placed.job,
      this.#track(placed.job, (signals) => this.#runPlaced(placed, signals), cancels),
    );
  }

  /** Runs a job that was begun when it was stored, in the background. @param cancels as for {@link startPlaced}. */
  startBegun(begun: BegunJob, cancels: Subscription): void {
    this.roomTries.found();
    const run = (signals: StopSignals): Promise<Job> => this.#ended(runBegunAttempt(this.#context, begun, signals));
    this.#inBackground(begun.job, this.#track(begun.job, run, cancels));
  }

  /**
   * Goes on with an attempt of a job that was taken over from an instance that died.
   * @returns the job afterwards: ended, or `pending` again.
   * @throws HodeiError `stale_epoch` where it belongs to yet another instance now.
   */
  adopt(job: Job, attempt: Attempt): Promise<Job> {
    return this.#track(job, (signals) => this.#ended(adoptAttempt(this.#context, job, attempt, signals)));
  }

  /**
   * Destroys a worker whose attempt has ended, in the background. Idempotent.
   * @throws HodeiError `provider_unavailable` where its provider is not connected here (yet).
   */
  clean(worker: Worker): void {
    if (this.#cleaning.has(worker.id)) return;
    const provider = this.#context.registry.provider(worker.providerId);
    const termination = worker.termination ?? { cause: 'worker_lost', evidence: { message: 'its instance died' } };
    const destroyed = destroyWorker(
      this.#context,
      provider,
      {
        workerId: worker.id,
        gracePeriodMs: 0,
        termination,
        ...(worker.handle ? { resourceId: worker.handle.resourceId } : {}),
      },
      this.#context.lost,
    );
    this.#clean(worker.id, destroyed);
  }

  /**
   * Destroys a worker of a pool that this instance holds and no job runs on, in the background.
   * @param cause `worker_lost` where it can take no order any more.
   */
  discard(
    { workerId, pool, handle, provider }: PoolWorker,
    message: string,
    cause: 'retired' | 'worker_lost' = 'retired',
  ): void {
    this.#context.idle?.forget(workerId);
    const termination = { cause, evidence: { by: `pool ${pool}`, message } } as const;
    const worker = { workerId, resourceId: handle.resourceId, gracePeriodMs: 0, termination };
    this.#clean(workerId, destroyWorker(this.#context, provider, worker, this.#context.lost));
  }

  /** Ends a job that runs here as its row asks for it; nothing where it is ended so already, or does not run here. */
  cancel(jobId: JobId, { by, force }: CancelRequest): void {
    this.#active.get(jobId)?.active.end({ kind: 'cancelled', by }, force === true);
  }

  /** Ends the attempt of a job at once, because its worker is to be destroyed; the job is tried again. */
  destroyWorkerOf(jobId: JobId, by: string): void {
    this.#active.get(jobId)?.active.end({ kind: 'destroyed', by }, true);
  }

  /** The worker of a job is gone, and its connection did not say so. @param reason a `worker_not_found`. */
  lose(jobId: JobId, reason: HodeiError): void {
    this.#active.get(jobId)?.active.lose(reason);
  }

  /** Resolves when no job runs here and every worker of those that did is gone. */
  async idle(): Promise<void> {
    while (this.#active.size > 0 || this.#cleaning.size > 0) {
      await Promise.allSettled([...this.#cleaning.values(), ...[...this.#active.values()].map(({ done }) => done)]);
    }
  }

  /**
   * Starts a job that still runs here. It is either found twice, by a claim and by a look at what this instance owns:
   * then it runs once. Or its retry was claimed before its last attempt was put away here: then it waits for that.
   */
  async #startAfter(done: Promise<Job>, { id }: Job, onProgress?: OnProgress): Promise<Job> {
    await done.catch(() => undefined);
    const { jobs, attempts } = this.#context.repositories;
    const [job, all] = await Promise.all([jobs.get(id), attempts.listByJob(id)]);
    const waits = job.state === 'scheduled' && job.epoch === this.#context.instance.epoch;
    return waits && all.every(({ outcome }) => outcome !== undefined) ? this.start(job, onProgress) : job;
  }

  async #place(job: Job, signals: readonly AbortSignal[]): ReturnType<typeof placeClaimedJob> {
    if ((this.#failedHandOvers.get(job.id) ?? 0) >= MOST_HAND_OVERS) {
      this.#failedHandOvers.delete(job.id);
      return undefined;
    }
    return placeClaimedJob(this.#context, job, (worker, message) => this.discard(worker, message), signals);
  }

  async #runPlaced(placed: PlacedJob, signals: StopSignals): Promise<Job> {
    const { id } = placed.job;
    let failed = false;
    const attempt = runPlacedAttempt(this.#context, placed, signals, () => {
      failed = true;
      this.#failedHandOvers.set(id, (this.#failedHandOvers.get(id) ?? 0) + 1);
    });
    const job = await this.#ended(attempt);
    if (!failed) this.#failedHandOvers.delete(id);
    return job;
  }

  #track(job: Job, run: (signals: StopSignals) => Promise<Job>, cancels?: Subscription): Promise<Job> {
    const active = new ActiveJob(this.#context.lost);
    // A new subscription is awake: what was asked for before it is found in the row.
    const changes = cancels ?? this.#context.hub.subscribe({ jobId: job.id, kinds: ['cancel'] });
    void this.#watchForCancellation(job.id, changes);
    const end = (): void => {
      this.#active.delete(job.id);
      this.#context.hub.leaveOutput(job.id);
      changes[Symbol.dispose]();
    };
    const done = run(active);
    // Before all who wait for it: for none of them it still runs here.
    void done.then(end, end);
    this.#active.set(job.id, { active, done });
    return done;
  }

  #inBackground({ id: jobId }: Job, done: Promise<Job>): void {
    done.catch((error: unknown) => {
      if (!this.#context.lost.aborted)
        this.#context.diagnostics.error('a job was let go', { jobId, error: toHodeiError(error) });
    });
  }

  async #ended(attempt: Promise<AttemptResult>): Promise<Job> {
    const { job, workerId, cleanedUp } = await attempt;
    this.#clean(workerId, cleanedUp);
    return job;
  }

  /** Until the subscription is disposed of, which is when the job no longer runs here. */
  async #watchForCancellation(jobId: JobId, changes: Subscription): Promise<void> {
    const { jobs } = this.#context.repositories;
    for (;;) {
      try {
        await changes.next();
        if (changes.isOver) return;
        const { cancelRequest } = await jobs.get(jobId);
        if (changes.isOver) return;
        if (cancelRequest === undefined) continue;
        this.cancel(jobId, cancelRequest);
        if (cancelRequest.force) return; // one that leaves it its grace may still be followed by one that does not
      } catch (error) {
        if (changes.isOver) return;
        this.#context.diagnostics.warn('could not look for a cancellation', { jobId, error });
        await this.#context.clock.sleep(LOOK_AGAIN_MS, this.#context.lost).catch(() => undefined);
      }
    }
  }

  #clean(workerId: WorkerId, destroyed: Promise<void>): void {
    const task = destroyed
      .catch((error: unknown) => {
        if (!this.#context.lost.aborted)
          this.#context.diagnostics.error('a worker was not destroyed', { workerId, error: toHodeiError(error) });
      })
      .finally(() => this.#cleaning.delete(workerId));
    this.#cleaning.set(workerId, task);
  }
}
