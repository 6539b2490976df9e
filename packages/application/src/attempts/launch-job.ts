import {
  isHodeiError,
  LinkedAbort,
  NO_OUTPUT,
  type LaunchOrder,
  type RecoverOptions,
  type RunningJob,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import { createPatience } from './patience.ts';

/**
 * Sends the order and returns the running job. Where the answer is lost, says nothing, or does not come in time,
 * nobody knows whether the job began: then the worker itself is asked, so that no job runs twice.
 *
 * @throws what {@link WorkerProvider.launch} throws, but for such an answer; the signal's reason when it aborts.
 */
export async function launchJob(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  provider: WorkerProvider,
  handle: WorkerHandle,
  order: LaunchOrder,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<RunningJob> {
  using limit = new LinkedAbort(signal);
  const answered = new AbortController();
  try {
    const launching = provider.launch(handle, order, { signal: limit.signal });
    // The order is on its way by now.
    abortAfter(context, timeoutMs, limit, answered.signal);
    return await launching;
  } catch (error) {
    signal.throwIfAborted();
    // Also after an answer that says nothing of the worker, like a 500: the order may be with it.
    if (!limit.signal.aborted && !createPatience()(error)) throw error;
    context.diagnostics.warn('the answer to a launch order is missing; asking the worker', {
      workerId: handle.workerId,
      error,
    });
  } finally {
    answered.abort(OVER);
  }
  return await askWorker(context, provider, handle, { nonce: order.nonce, from: NO_OUTPUT }, signal, timeoutMs);
}

/**
 * Asks a worker what became of its order, for as long as the engine is away. A worker that has taken none says so
 * when its connection closes; one whose owner is stopped, or that was never told, is ended after a while.
 *
 * @throws what {@link WorkerProvider.recoverWorker} throws, but for an engine that is away; the signal's reason.
 */
export async function askWorker(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  provider: WorkerProvider,
  handle: WorkerHandle,
  question: RecoverOptions,
  signal: AbortSignal,
  timeoutMs: number = context.policy.launchTimeoutMs,
): Promise<RunningJob> {
  const mayPass = createPatience();
  let stopFirst = false;
  for (let tries = 0; ; tries += 1) {
    using limit = new LinkedAbort(signal);
    const answered = new AbortController();
    try {
      if (stopFirst) await provider.stopWorker(handle, { gracePeriodMs: 0, signal });
      abortAfter(context, timeoutMs, limit, answered.signal);
      return await provider.recoverWorker(handle, { ...question, signal: limit.signal });
    } catch (error) {
      signal.throwIfAborted();
      // An engine that hangs says nothing about the worker: only one that answers makes it the worker's silence.
      if (limit.signal.aborted) stopFirst = await answers(provider, handle, signal);
      else if (!mayPass(error)) throw error;
      await context.clock.sleep(backoffMs(tries), signal);
    } finally {
      answered.abort(OVER);
    }
  }
}

/** Gives up after the time that a launch may take, unless it was answered before. */
function abortAfter(
  { clock }: Pick<JobContext, 'clock'>,
  timeoutMs: number,
  limit: LinkedAbort,
  answered: AbortSignal,
): void {
  void clock.sleep(timeoutMs, answered).then(
    () => limit.abort(OVER),
    () => undefined,
  );
}

async function answers(provider: WorkerProvider, handle: WorkerHandle, signal: AbortSignal): Promise<boolean> {
  try {
    await provider.getWorkerStatus(handle, { signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    return isHodeiError(error, 'worker_not_found');
  }
}
