import { isHodeiError, type Attempt, type Outcome, type RunningJob, type WorkerExit } from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import { destroyedOutcome, outcomeOfExit, type StopReason } from './outcome-of.ts';
import { createPatience } from './patience.ts';
import { Stopper, type Stoppable, type StopSignals } from './stop-job.ts';
import type { OutputStore } from './store-output.ts';

/** One launched job in its worker. */
export interface Supervised extends Stoppable {
  readonly attempt: Pick<Attempt, 'nonce'>;
  readonly output: OutputStore;
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
 * @param lost aborts when the job is not to be followed any more; the reason is thrown.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now. The job is left alone then.
 */
export async function superviseJob(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  job: Supervised,
  running: RunningJob | undefined,
  signals: StopSignals,
  lost: AbortSignal = signals.lost,
): Promise<Outcome> {
  const stopper = new Stopper(context, job, signals, lost);
  using over = new Rejection(lost);
  signals.whenGone?.((reason) => over.reject(reason));
  const mayPass = createPatience();
  try {
    let current = running;
    for (let tries = 0; ; tries += 1) {
      const letGo = new AbortController();
      try {
        current ??= await job.provider.recoverWorker(job.handle, {
          nonce: job.attempt.nonce,
          ...(await job.output.resume()),
          signal: lost,
        });
        const exit = await Promise.race([followToExit(job, current, lost, letGo.signal), over.promise]);
        if (exit.outputMayBeCut) await job.output.loseRest('log_lost');
        job.onExit?.(exit);
        return outcomeOfExit(exit, stopper.reason ?? job.endedBefore?.(exit));
      } catch (error) {
        letGo.abort(OVER);
        current?.detach();
        current = undefined;
        lost.throwIfAborted();
        if (isHodeiError(error, 'worker_not_found')) {
          await job.output.loseRest();
          return vanished(stopper.reason, error.message);
        }
        if (!mayPass(error)) throw error;
        context.diagnostics.warn('the engine is in trouble; the job is taken up again when it answers', {
          workerId: job.handle.workerId,
          error,
        });
        await context.clock.sleep(backoffMs(tries), lost);
      }
    }
  } finally {
    await stopper.end();
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

/** Rejects when it is told to, or with the signal's reason when that aborts, unless it is disposed of before. */
class Rejection implements Disposable {
  readonly promise: Promise<never>;
  readonly #signal: AbortSignal;
  #reject: ((reason: unknown) => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.promise = new Promise((_, reject) => (this.#reject = reject));
    this.promise.catch(() => undefined); // it may reject when nobody races it any more
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.reject(this.#signal.reason);
  }

  reject(reason: unknown): void {
    this.#reject?.(reason);
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this);
  }
}
