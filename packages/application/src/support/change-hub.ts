import { isTerminalJobState, type Change, type ChangeFeed, type Job, type JobId, type JobState } from '@hodei/domain';

import { LiveOutput } from './live-output.ts';

/** What a subscriber wants to be woken for: one job, or any. */
type Interest = {
  readonly jobId?: JobId;
  readonly kinds: readonly Change['kind'][];
  /** A change of a job to another state is of no interest; one whose state is not told is. */
  readonly states?: readonly JobState[];
};

/** Wakes one waiter. A change between two waits is not missed: the next wait returns at once. */
export interface Subscription extends Disposable {
  /** Whether it was disposed of. */
  readonly isOver: boolean;
  /** The job it is about, as its row is for good: present where it ended in this process meanwhile. */
  readonly ended: Job | undefined;
  /**
   * Resolves as soon as something changed since the last time, or it is disposed of; rejects with the signal's reason.
   */
  next(signal?: AbortSignal): Promise<void>;
}

/** Each running job has one: what it needs is kept in itself, not in closures. */
class Subscriber implements Subscription {
  readonly interest: Interest;
  ended: Job | undefined;
  readonly #leave: (subscriber: Subscriber) => void;
  #isAwake: boolean;
  #isOver = false;
  #resume: (() => void) | undefined;

  constructor(interest: Interest, isAwake: boolean, leave: (subscriber: Subscriber) => void) {
    this.interest = interest;
    this.#isAwake = isAwake;
    this.#leave = leave;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  wake(): void {
    this.#isAwake = true;
    this.#resume?.();
  }

  async next(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#isAwake) await this.#woken(signal);
    this.#isAwake = this.#isOver;
    this.#resume = undefined;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.wake();
    this.#leave(this);
  }

  #woken(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#resume = resolve;
      if (signal === undefined) return;
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      this.#resume = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
    });
  }
}

/**
 * Shares one {@link ChangeFeed} among all who wait in this process. It only wakes them up: each looks at the
 * rows again, so a change that is told twice does no harm. A `resync` wakes everyone.
 */
export class ChangeHub {
  /** Output that this process stores, for who follows it here. Of each piece, `logs` is told as well. */
  readonly output = new LiveOutput();
  readonly #feed: ChangeFeed;
  /** Of one job each, and of any: a change is told to those whom it concerns, however many others wait. */
  readonly #ofJob = new Map<JobId, Set<Subscriber>>();
  readonly #ofAny = new Set<Subscriber>();

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
  }

  /** Passes changes on until the signal aborts; those who wait are woken once by all that comes at once. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const changes of this.#feed.watch(signal)) for (const change of changes) this.#publish(change);
  }

  /** Tells who waits in this process at once; the feed tells everyone a little later. */
  tell(change: Change): void {
    this.#publish(change);
  }

  /** As {@link ChangeHub.tell}, of a job whose new state this process has just recorded. */
  tellJob(job: Job): void {
    if (isTerminalJobState(job.state)) for (const subscriber of this.#ofJob.get(job.id) ?? []) subscriber.ended = job;
    this.tell({ kind: 'job', jobId: job.id, state: job.state });
  }

  /** This process stores no more output of this job: who follows it here looks at the store from now on. */
  leaveOutput(jobId: JobId): void {
    if (this.output.close(jobId)) this.tell({ kind: 'logs', jobId });
  }

  /** @param awake whether its first wait returns at once. */
  subscribe(interest: Interest, awake = true): Subscription {
    const subscriber = new Subscriber(interest, awake, this.#leave);
    const among = interest.jobId === undefined ? this.#ofAny : this.#among(interest.jobId);
    among.add(subscriber);
    return subscriber;
  }

  readonly #leave = (subscriber: Subscriber): void => {
    const { jobId } = subscriber.interest;
    const among = jobId === undefined ? this.#ofAny : this.#ofJob.get(jobId);
    among?.delete(subscriber);
    if (jobId !== undefined && among?.size === 0) this.#ofJob.delete(jobId);
  };

  #publish(change: Change): void {
    wakeThose(this.#ofAny, change);
    if (change.kind === 'resync') for (const subscribers of this.#ofJob.values()) wakeThose(subscribers, change);
    else if ('jobId' in change) wakeThose(this.#ofJob.get(change.jobId) ?? [], change);
  }

  #among(jobId: JobId): Set<Subscriber> {
    const there = this.#ofJob.get(jobId);
    if (there !== undefined) return there;
    const made = new Set<Subscriber>();
    this.#ofJob.set(jobId, made);
    return made;
  }
}

function wakeThose(subscribers: Iterable<Subscriber>, change: Change): void {
  for (const subscriber of subscribers) if (concerns(change, subscriber.interest)) subscriber.wake();
}

function concerns(change: Change, { kinds, states }: Interest): boolean {
  if (change.kind === 'resync') return true;
  if (!kinds.includes(change.kind)) return false;
  return !(change.kind === 'job' && change.state !== undefined && states?.includes(change.state) === false);
}
