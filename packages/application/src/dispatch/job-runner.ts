import { isHodeiError, toHodeiError, type HodeiError, type Job, type JobId, type Outcome } from '@hodei/domain';

import { outcomeOfError, type StopReason } from '../attempts/outcome-of.ts';
import type { OnProgress } from '../attempts/prepare-worker.ts';
import { runAttempt } from '../attempts/run-attempt.ts';
import { demandOf } from '../jobs/submit-job.ts';
import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/** How long a job waits before a provider is looked for again, in milliseconds. */
const NO_PROVIDER_BACKOFF_MS = 1000;

interface ActiveJob {
  readonly stop: AbortController;
  readonly kill: AbortController;
  readonly done: Promise<Job>;
}

/**
 * The jobs that this instance runs now. Each is one task: a provider is chosen, an attempt is run, its end
 * recorded; meanwhile the job's row is watched for a cancellation.
 */
export class JobRunner {
  readonly #context: JobContext;
  readonly #active = new Map<JobId, ActiveJob>();
  readonly #cleaning = new Set<Promise<void>>();

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** How many jobs run in this instance now. */
  get activeCount(): number {
    return this.#active.size;
  }

  /** Whether this job runs here now. */
  has(jobId: JobId): boolean {
    return this.#active.has(jobId);
  }

  /**
   * Runs a job that is scheduled for this instance, for one attempt.
   * @returns the job afterwards: ended, or `pending` again.
   * @throws HodeiError `stale_epoch` where it belongs to another instance now.
   */
  start(job: Job, onProgress?: OnProgress): Promise<Job> {
    const stop = new AbortController();
    const kill = new AbortController();
    const done = this.#run(job, stop, kill, onProgress).finally(() => this.#active.delete(job.id));
    this.#active.set(job.id, { stop, kill, done });
    return done;
  }

  /** Leaves a job of this instance no more grace. Its cancellation must have been asked for. */
  kill(jobId: JobId): void {
    this.#active.get(jobId)?.kill.abort();
  }

  /** Resolves when no job runs here and every worker of those that did is gone. */
  async idle(): Promise<void> {
    while (this.#active.size > 0 || this.#cleaning.size > 0) {
      await Promise.allSettled([...this.#cleaning, ...[...this.#active.values()].map(({ done }) => done)]);
    }
  }

  async #run(job: Job, stop: AbortController, kill: AbortController, onProgress?: OnProgress): Promise<Job> {
    const over = new AbortController();
    const watching = this.#watchForCancellation(job.id, stop, over.signal);
    try {
      const { strategy } = this.#context.policy;
      const demand = demandOf(job.spec);
      using selection = await this.#context.registry.select({ demand, strategy, image: job.spec.image, reserve: true });
      const result = await runAttempt(this.#context, job, selection, { stop: stop.signal, kill: kill.signal, lost: this.#context.lost }, onProgress);
      this.#clean(result.cleanedUp, job.id);
      return result.job;
    } catch (thrown) {
      return await this.#giveBack(job, toHodeiError(thrown));
    } finally {
      over.abort();
      await watching;
    }
  }

  /** No attempt began. The job ends where trying again can't help; else it waits for its next turn. */
  async #giveBack(job: Job, error: HodeiError): Promise<Job> {
    if (error.code === 'stale_epoch') throw error;
    const { jobs } = this.#context.repositories;
    const { epoch } = this.#context.instance;
    const current = await persist(this.#context, () => jobs.get(job.id), () => jobs.get(job.id));
    if (current.state !== 'scheduled' || current.epoch !== epoch) throw error;
    const at = this.#context.clock.now();
    const end = (state: 'failed' | 'cancelled', outcome: Outcome) => ({ state, outcome });
    const to = current.cancelRequest
      ? end('cancelled', { cause: 'cancelled', evidence: { by: current.cancelRequest.by, message: 'it had not begun' } })
      : error.retryable
        ? { state: 'pending' as const, notBefore: at + NO_PROVIDER_BACKOFF_MS }
        : end('failed', outcomeOfError(error));
    try {
      return await persist(
        this.#context,
        () => jobs.release({ jobId: job.id, epoch, at, to }),
        async () => {
          const now = await jobs.get(job.id);
          return now.state === 'scheduled' ? undefined : now;
        },
      );
    } catch (conflict) {
      // Its cancellation came in between: look again.
      if (!isHodeiError(conflict, 'conflict')) throw conflict;
      return this.#giveBack(job, error);
    }
  }

  async #watchForCancellation(jobId: JobId, stop: AbortController, over: AbortSignal): Promise<void> {
    const { jobs } = this.#context.repositories;
    using changes = this.#context.hub.subscribe({ jobId, kinds: ['job'] });
    while (!over.aborted) {
      try {
        await changes.next(over);
        const { cancelRequest } = await jobs.get(jobId);
        if (cancelRequest === undefined) continue;
        stop.abort({ kind: 'cancelled', by: cancelRequest.by } satisfies StopReason);
        return;
      } catch (error) {
        if (over.aborted) return;
        this.#context.diagnostics.warn('could not look for a cancellation', { jobId, error });
        await this.#context.clock.sleep(NO_PROVIDER_BACKOFF_MS, over).catch(() => undefined);
      }
    }
  }

  #clean(cleanedUp: Promise<void>, jobId: JobId): void {
    const task = cleanedUp
      .catch((error: unknown) => this.#context.diagnostics.error('a worker was not destroyed', { jobId, error: toHodeiError(error) }))
      .finally(() => this.#cleaning.delete(task));
    this.#cleaning.add(task);
  }
}
