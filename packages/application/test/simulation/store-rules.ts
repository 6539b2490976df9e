import {
  canTransitionJob,
  canTransitionWorker,
  isCounted,
  isSuccess,
  isTerminalJobState,
  MAX_FREE_RETRIES,
  TERMINATION_CAUSES,
  type Attempt,
  type AttemptId,
  type Epoch,
  type Job,
  type JobId,
  type Worker,
  type WorkerId,
} from '@hodei/domain';

import { checkKept, checkPlaces, checkStart, checkTenants, isRightlyTimedOut, keptFor } from './admission-rules.ts';
import { checkOutcome } from './outcome-rules.ts';
import { OutputRules } from './output-rules.ts';
import { shortId } from './reach-store.ts';
import { Steps } from './steps.ts';
import type { World } from './world.ts';

/** These only read, or change nothing that a rule speaks of. */
const HARMLESS = /\.(get|list|read|count|next|sealed|renew)/;

/** What must hold of the rows, after each effect on the store and in the end. */
export class StoreRules {
  readonly #world: World;
  readonly #output: OutputRules;
  readonly #steps: Steps;
  readonly #jobs = new Map<JobId, Job>();
  readonly #attempts = new Map<AttemptId, Attempt>();
  readonly #workers = new Map<WorkerId, Worker>();
  #epochs = 0;
  /** How often a worker was made while room was kept for another job. */
  sawRoomKept = 0;

  constructor(world: World) {
    this.#world = world;
    this.#output = new OutputRules(world);
    this.#steps = new Steps(world.store);
  }

  /** @param epoch of the instance whose effect it was; absent: no instance's. */
  check(operation: string, epoch: Epoch | undefined): void {
    if (HARMLESS.test(operation)) return;
    const { store } = this.#world;
    const by = { operation, epoch };
    this.#steps.look();
    if (operation === 'instances.register') this.#checkEpochs();
    for (const { job } of store.jobs.values()) {
      const before = this.#jobs.get(job.id);
      if (before === job) continue;
      this.#jobs.set(job.id, job);
      this.#checkJob(before, job, by);
    }
    for (const worker of store.workers.values()) {
      const before = this.#workers.get(worker.id);
      if (before === worker) continue;
      this.#workers.set(worker.id, worker);
      this.#checkWorker(before, worker, by);
    }
    for (const attempt of store.attempts.values()) {
      const before = this.#attempts.get(attempt.id);
      if (before === attempt) continue;
      this.#attempts.set(attempt.id, attempt);
      this.#checkAttempt(before, attempt, by);
    }
    const crowded = checkPlaces(store);
    if (crowded !== undefined) this.#blame(crowded);
    if (operation === 'logs.append') this.#output.check();
  }

  /** When everything has settled. */
  checkEnd(): void {
    const { store } = this.#world;
    for (const { job } of store.jobs.values()) {
      if (isTerminalJobState(job.state)) this.#checkEnded(job);
      else this.#blame(`job ${shortId(job.id)} is still ${job.state}`);
    }
    for (const worker of store.workers.values()) {
      if (worker.state !== 'terminated' && !(worker.state === 'ready' && worker.pool !== undefined))
        this.#blame(`the row of worker ${shortId(worker.id)} is still ${worker.state}`);
    }
    const idle = [...store.workers.values()].filter(({ state }) => state === 'ready').length;
    const { minIdle = 0 } = this.#world.weather.pool ?? {};
    if (idle !== minIdle) this.#blame(`${idle} workers of the pool wait, and ${minIdle} should`);
    for (const attempt of store.attempts.values()) {
      if (attempt.outcome === undefined) this.#blame(`attempt ${shortId(attempt.id)} has no outcome`);
    }
  }

  #checkEpochs(): void {
    const newest = Math.max(...this.#world.store.instances.keys());
    if (newest <= this.#epochs) this.#blame(`epoch ${newest} was given out after ${this.#epochs}`);
    this.#epochs = newest;
  }

  #checkJob(before: Job | undefined, job: Job, by: Writer): void {
    const name = `job ${shortId(job.id)}`;
    if (before === undefined) {
      if (job.state === 'scheduled') this.#checkStart(name, job);
      return;
    }
    if (isTerminalJobState(before.state))
      return this.#blame(`${name} had ended as ${before.state}, and ${by.operation} changed it`);
    const wrongStep = this.#steps.wrongStep(job, before.state, canTransitionJob);
    if (wrongStep !== undefined) this.#blame(`${name} ${wrongStep} by ${by.operation}`);
    if (before.cancelRequest !== undefined && job.cancelRequest === undefined)
      this.#blame(`${name} has forgotten that it is to be cancelled`);
    this.#checkOwner(name, before, job, by, by.operation === 'jobs.requestCancel');
    if (before.state === 'pending' && job.state === 'scheduled') this.#checkStart(name, job);
  }

  #checkStart(name: string, job: Job): void {
    const { store, scheduler, weather } = this.#world;
    const wrong = checkStart(store, job, scheduler.now() + weather.skewMs);
    if (wrong !== undefined) this.#blame(`${name} ${wrong}`);
  }

  #checkWorker(before: Worker | undefined, worker: Worker, by: Writer): void {
    const name = `worker ${shortId(worker.id)}`;
    if (before === undefined) {
      this.#checkPool(worker);
      return this.#checkKept(name, worker);
    }
    const wrongStep = this.#steps.wrongStep(worker, before.state, canTransitionWorker);
    if (wrongStep !== undefined) this.#blame(`${name} ${wrongStep} by ${by.operation}`);
    if (before.termination !== undefined && before.termination !== worker.termination)
      this.#blame(`the end of ${name} was changed by ${by.operation}`);
    this.#checkOwner(name, before, worker, by, by.operation === 'workers.requestEnd');
  }

  #checkPool({ pool }: Worker): void {
    if (pool === undefined) return;
    const live = [...this.#world.store.workers.values()].filter(
      (worker) => worker.pool === pool && worker.state !== 'terminated',
    );
    const { maxWorkers = 0 } = this.#world.weather.pool ?? {};
    if (live.length > maxWorkers) this.#blame(`pool ${pool} has ${live.length} workers, and may have ${maxWorkers}`);
  }

  #checkKept(name: string, worker: Worker): void {
    const kept = keptFor(this.#world.store, worker);
    if (kept === undefined) return;
    this.sawRoomKept += 1;
    const wrong = checkKept(this.#world.store, worker, kept);
    if (wrong !== undefined) this.#blame(`${name} ${wrong} ${shortId(kept.id)}`);
  }

  #checkAttempt(before: Attempt | undefined, attempt: Attempt, by: Writer): void {
    const name = `attempt ${shortId(attempt.id)}`;
    const siblings = this.#attemptsOf(attempt.jobId);
    if (before === undefined) {
      const job = this.#world.store.jobs.get(attempt.jobId)?.job;
      if (job?.cancelRequest !== undefined)
        this.#blame(`${name} began although job ${shortId(attempt.jobId)} is to be cancelled`);
      if (attempt.number !== siblings.length) this.#blame(`${name} has number ${attempt.number} of ${siblings.length}`);
      const mixed = checkTenants(this.#world.store, attempt);
      if (mixed !== undefined) this.#blame(`${name} ${mixed}`);
    } else {
      this.#checkOwner(name, before, attempt, by, false);
      if (before.outcome !== undefined) return this.#blame(`${name} had its outcome, and ${by.operation} changed it`);
    }
    const inWorker = [...this.#world.store.attempts.values()].filter(
      ({ workerId, outcome }) => workerId === attempt.workerId && outcome === undefined,
    );
    if (inWorker.length > 1) this.#blame(`worker ${shortId(attempt.workerId)} has two open attempts`);
    if (siblings.filter(({ outcome }) => outcome === undefined).length > 1)
      this.#blame(`job ${shortId(attempt.jobId)} has two open attempts`);
    if (attempt.outcome === undefined) return;
    const wrong =
      checkOutcome(this.#world, attempt, attempt.outcome) ?? this.#output.checkComplete(attempt, attempt.outcome);
    if (wrong !== undefined)
      this.#blame(`${name} of job ${shortId(attempt.jobId)} ended as ${JSON.stringify(attempt.outcome)}: ${wrong}`);
  }

  /** A row is written by its owner alone; it passes on when the owner's lease is over, and to a later epoch only. */
  #checkOwner(name: string, before: Owned, after: Owned, { operation, epoch }: Writer, anyone: boolean): void {
    if (before.epoch === undefined || anyone) return;
    if (operation === 'ownership.takeOver') {
      const lease = this.#world.store.instances.get(before.epoch)?.leaseExpiresAt ?? 0;
      if (lease > this.#world.scheduler.now())
        this.#blame(`${name} was taken from epoch ${before.epoch}, which is alive`);
    } else if (before.epoch !== epoch) {
      this.#blame(
        `${name} belongs to epoch ${before.epoch}, and ${operation} of epoch ${epoch ?? 'nobody'} changed it`,
      );
    } else if (after.epoch !== undefined && after.epoch !== before.epoch) {
      this.#blame(`${operation} passed ${name} on from epoch ${before.epoch} to ${after.epoch}`);
    }
  }

  #checkEnded(job: Job): void {
    const name = `job ${shortId(job.id)}`;
    const plan = this.#world.planOf(job.id);
    const outcomes = this.#attemptsOf(job.id).flatMap(({ outcome }) => outcome ?? []);
    const last = outcomes.at(-1);
    const counted = outcomes.filter(isCounted).length;
    const free = outcomes.length - counted;
    if (counted > job.spec.retry.maxAttempts)
      this.#blame(`${name} used ${counted} of ${job.spec.retry.maxAttempts} attempts`);
    if (job.state === 'cancelled') {
      if (job.cancelRequest === undefined) this.#blame(`${name} was cancelled, and nobody asked for it`);
    } else if (job.outcome?.cause === 'wait_timeout') {
      if (!isRightlyTimedOut(job)) this.#blame(`${name} may wait longer`);
    } else if (last === undefined) {
      this.#blame(`${name} is ${job.state} without an attempt: ${JSON.stringify(job.outcome)}`);
    } else if (job.state === 'succeeded') {
      if (!isSuccess(last) || plan?.end?.exitCode !== 0)
        this.#blame(`${name} of kind ${plan?.kind} succeeded with ${JSON.stringify(last)}`);
    } else {
      const { endsAs, retry } = TERMINATION_CAUSES[last.cause];
      if (endsAs !== job.state) this.#blame(`${name} is ${job.state} after ${last.cause}`);
      if (retry === 'counted' && counted < job.spec.retry.maxAttempts)
        this.#blame(`${name} was given up after ${counted} counted attempts`);
      if (retry === 'free' && free <= MAX_FREE_RETRIES) this.#blame(`${name} was given up after ${free} free attempts`);
    }
  }

  #attemptsOf(jobId: JobId): readonly Attempt[] {
    return [...this.#world.store.attempts.values()].filter((attempt) => attempt.jobId === jobId);
  }

  #blame(what: string): void {
    this.#world.blame(what);
  }
}

interface Writer {
  readonly operation: string;
  readonly epoch: Epoch | undefined;
}

type Owned = { readonly epoch?: Epoch };
