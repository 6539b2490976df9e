import {
  LinkedAbort,
  toHodeiError,
  type HodeiError,
  type JobSpec,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import type { StopReason } from './outcome-of.ts';

/** How a launched job is to be ended before its time. */
export interface StopSignals {
  /** Aborts when its end was asked for; the reason is a {@link StopReason}. */
  readonly stop: AbortSignal;
  /** Aborts when no grace is left. */
  readonly kill: AbortSignal;
  /** Tells, with a `worker_not_found`, when the worker is known to be gone, though its connection does not say so. */
  whenGone?(tell: (reason: HodeiError) => void): void;
  /** Aborts, with a `stale_epoch`, when this instance's life is over: the job is another's, and left alone. */
  readonly lost: AbortSignal;
}

/** A job in its worker, as far as it takes to end it. */
export interface Stoppable {
  readonly spec: JobSpec;
  readonly provider: WorkerProvider;
  readonly handle: WorkerHandle;
  /** When its time is up. */
  readonly deadlineAt?: number;
}

/**
 * Ends the job when asked or when its time is up. The first reason stands. What nearly no job needs is made only for those
 * that do.
 */
export class Stopper {
  readonly #context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>;
  readonly #job: Stoppable;
  readonly #signals: StopSignals;
  readonly #lost: AbortSignal;
  /** Ends what is under way: waiting for the deadline, stopping. */
  #over: LinkedAbort | undefined;
  #stopping: Promise<void> | undefined;
  #reason: StopReason | undefined;

  constructor(
    context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
    job: Stoppable,
    signals: StopSignals,
    lost: AbortSignal,
  ) {
    this.#context = context;
    this.#job = job;
    this.#signals = signals;
    this.#lost = lost;
    if (signals.stop.aborted) this.handleEvent();
    else signals.stop.addEventListener('abort', this);
    if (job.deadlineAt !== undefined) void this.#stopWhenTimeIsUp(job.deadlineAt);
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Its end is asked for. */
  handleEvent(): void {
    this.#stop(this.#signals.stop.reason as StopReason);
  }

  /** Resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this.#signals.stop.removeEventListener('abort', this);
    this.#over?.abort(OVER);
    await this.#stopping;
    this.#over?.[Symbol.dispose]();
  }

  #stop(reason: StopReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#over ??= new LinkedAbort(this.#lost);
    this.#stopping = this.#untilStopped(this.#over.signal);
  }

  async #stopWhenTimeIsUp(deadlineAt: number): Promise<void> {
    const { clock } = this.#context;
    this.#over ??= new LinkedAbort(this.#lost);
    try {
      await clock.sleep(deadlineAt - clock.now(), this.#over.signal);
    } catch {
      return; // it is over
    }
    this.#stop({ kind: 'timed_out', timeoutMs: this.#job.spec.timeoutMs ?? 0 });
  }

  async #untilStopped(over: AbortSignal): Promise<void> {
    for (let tries = 0; !over.aborted; tries += 1) {
      try {
        await stopWithGrace(this.#context, this.#job, this.#signals.kill, over);
        return;
      } catch (error) {
        if (over.aborted) return;
        this.#context.diagnostics.warn('a job could not be stopped; trying again', {
          workerId: this.#job.handle.workerId,
          error: toHodeiError(error),
        });
        await this.#context.clock.sleep(backoffMs(tries), over).catch(() => undefined);
      }
    }
  }
}

async function stopWithGrace(
  context: Pick<JobContext, 'policy'>,
  job: Stoppable,
  kill: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  const { provider, handle } = job;
  if (!kill.aborted) {
    // Asking twice cuts the grace period short: the polite stop is given up, the next one has no grace.
    const polite = AbortSignal.any([kill, over]);
    const ended = await provider
      .stopWorker(handle, { gracePeriodMs: context.policy.gracePeriodMs, signal: polite })
      .then(
        () => true,
        (error: unknown) => {
          if (!polite.aborted) throw error;
          return over.aborted;
        },
      );
    if (ended) return;
  }
  await provider.stopWorker(handle, { gracePeriodMs: 0, signal: over });
}
