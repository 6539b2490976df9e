import {
  isHodeiError,
  LinkedAbort,
  toHodeiError,
  type Attempt,
  type JobSpec,
  type Outcome,
  type RunningJob,
  type WorkerExit,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import { destroyedOutcome, outcomeOfExit, type StopReason } from './outcome-of.ts';
import { createPatience } from './patience.ts';
import type { OutputStore } from './store-output.ts';

/** How a launched job is to be ended before its time. */
export interface StopSignals {
  /** Aborts when its end was asked for; the reason is a {@link StopReason}. */
  readonly stop: AbortSignal;
  /** Aborts when no grace is left. */
  readonly kill: AbortSignal;
  /** Aborts, with a `worker_not_found`, when the worker is known to be gone, though its connection does not say so. */
  readonly gone?: AbortSignal;
  /** Aborts, with a `stale_epoch`, when this instance's life is over: the job is another's, and left alone. */
  readonly lost: AbortSignal;
}

/** One launched job in its worker. */
export interface Supervised {
  readonly spec: JobSpec;
  readonly attempt: Pick<Attempt, 'nonce'>;
  readonly provider: WorkerProvider;
  readonly handle: WorkerHandle;
  readonly output: OutputStore;
  /** When its time is up. */
  readonly deadlineAt?: number;
  readonly onFirstByte?: () => void;
  readonly onExit?: (exit: WorkerExit) => void;
  /** Why another life ended it, where it did; asked where this one had no reason to. */
  readonly endedBefore?: (exit: WorkerExit) => StopReason | undefined;
}

/**
 * Follows a launched job to its end: stores its output, ends it when its time is up or its end is asked for,
 * and says how it ended, once all it wrote is durable.
 *
 * An engine that can't be reached says nothing about the job: it is waited for, and the job is taken up again
 * where its output was acknowledged.
 *
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now. The job is left alone then.
 */
export async function superviseJob(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  job: Supervised,
  running: RunningJob | undefined,
  signals: StopSignals,
): Promise<Outcome> {
  using watch = new LinkedAbort(signals.lost);
  const stopper = stopWhenAsked(context, job, signals, watch.signal);
  using over = rejection(signals.gone === undefined ? [signals.lost] : [signals.lost, signals.gone]);
  const mayPass = createPatience();
  try {
    let current = running;
    for (let tries = 0; ; tries += 1) {
      const letGo = new AbortController();
      try {
        current ??= await job.provider.recoverWorker(job.handle, {
          nonce: job.attempt.nonce,
          ...(await job.output.resume()),
          signal: signals.lost,
        });
        const exit = await Promise.race([followToExit(job, current, signals.lost, letGo.signal), over.promise]);
        if (exit.outputMayBeCut) await job.output.loseRest('log_lost');
        job.onExit?.(exit);
        return outcomeOfExit(exit, stopper.reason() ?? job.endedBefore?.(exit));
      } catch (error) {
        letGo.abort(OVER);
        current?.detach();
        current = undefined;
        signals.lost.throwIfAborted();
        if (isHodeiError(error, 'worker_not_found')) {
          await job.output.loseRest();
          return vanished(stopper.reason(), error.message);
        }
        if (!mayPass(error)) throw error;
        context.diagnostics.warn('the engine is in trouble; the job is taken up again when it answers', {
          workerId: job.handle.workerId,
          error,
        });
        await context.clock.sleep(backoffMs(tries), signals.lost);
      }
    }
  } finally {
    watch.abort(OVER);
    await stopper.done;
  }
}

/** @param letGo aborts when the job is left: what is detached has no more output, and that is not its end. */
async function followToExit(
  job: Supervised,
  running: RunningJob,
  lost: AbortSignal,
  letGo: AbortSignal,
): Promise<WorkerExit> {
  await job.output.store(running.output, job.onFirstByte, lost);
  letGo.throwIfAborted();
  return running.waitForExit({ signal: letGo });
}

function vanished(stopped: StopReason | undefined, message: string): Outcome {
  if (stopped?.kind === 'cancelled') return { cause: 'cancelled', evidence: { by: stopped.by, message } };
  if (stopped?.kind === 'destroyed') return destroyedOutcome(stopped.by);
  return { cause: 'worker_lost', evidence: { code: 'worker_not_found', message } };
}

/** Ends the job when asked or when its time is up. The first reason stands. */
function stopWhenAsked(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  job: Supervised,
  signals: StopSignals,
  over: AbortSignal,
): { readonly reason: () => StopReason | undefined; readonly done: Promise<void> } {
  let reason: StopReason | undefined;
  const work = async (): Promise<void> => {
    const asked = aborted<StopReason>(signals.stop, over);
    const { deadlineAt } = job;
    reason = await (deadlineAt === undefined
      ? asked
      : Promise.race([asked, timeIsUp(context, job.spec, deadlineAt, over)]));
    if (reason === undefined) return;
    for (let tries = 0; !over.aborted; tries += 1) {
      try {
        await stopWithGrace(context, job, signals.kill, over);
        return;
      } catch (error) {
        if (over.aborted) return;
        context.diagnostics.warn('a job could not be stopped; trying again', {
          workerId: job.handle.workerId,
          error: toHodeiError(error),
        });
        await context.clock.sleep(backoffMs(tries), over).catch(() => undefined);
      }
    }
  };
  return { reason: () => reason, done: work() };
}

async function stopWithGrace(
  context: Pick<JobContext, 'policy'>,
  job: Supervised,
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

async function timeIsUp(
  { clock }: Pick<JobContext, 'clock'>,
  { timeoutMs = 0 }: JobSpec,
  deadlineAt: number,
  over: AbortSignal,
): Promise<StopReason | undefined> {
  try {
    await clock.sleep(deadlineAt - clock.now(), over);
    return { kind: 'timed_out', timeoutMs };
  } catch {
    return undefined;
  }
}

/** Rejects with the reason of the first of these that aborts, unless it is disposed of before. */
function rejection(signals: readonly AbortSignal[]): { readonly promise: Promise<never> } & Disposable {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // it may reject when nobody races it any more
  const look = (): void => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) reject(aborted.reason);
  };
  look();
  for (const signal of signals) signal.addEventListener('abort', look);
  return {
    promise,
    [Symbol.dispose]: () => {
      for (const signal of signals) signal.removeEventListener('abort', look);
    },
  };
}

/** Resolves with the signal's reason when it aborts, with `undefined` when `over` does. */
function aborted<T>(signal: AbortSignal, over: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      over.removeEventListener('abort', end);
      resolve(signal.aborted ? (signal.reason as T) : undefined);
    };
    if (signal.aborted || over.aborted) return end();
    signal.addEventListener('abort', end);
    over.addEventListener('abort', end);
  });
}
