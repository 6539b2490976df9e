import { isHodeiError, type LaunchOrder, type RunningJob, type WorkerHandle, type WorkerProvider } from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';

/**
 * Sends the order and returns the running job. Where the answer is lost, or does not come in time, nobody
 * knows whether the job began: then the worker itself is asked, so that no job runs twice.
 *
 * @throws what {@link WorkerProvider.launch} throws, but for a lost answer; the signal's reason when it aborts.
 */
export async function launchJob(
  context: Pick<JobContext, 'clock' | 'diagnostics' | 'policy'>,
  provider: WorkerProvider,
  handle: WorkerHandle,
  order: LaunchOrder,
  signal: AbortSignal,
): Promise<RunningJob> {
  const tooLong = new AbortController();
  const answered = new AbortController();
  void context.clock.sleep(context.policy.launchTimeoutMs, answered.signal).then(
    () => tooLong.abort(),
    () => undefined,
  );
  try {
    return await provider.launch(handle, order, { signal: AbortSignal.any([signal, tooLong.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    if (!tooLong.signal.aborted && !isHodeiError(error, 'provider_unavailable', 'provider_timeout')) throw error;
    context.diagnostics.warn('the answer to a launch order is missing; asking the worker', {
      workerId: handle.workerId,
      error,
    });
  } finally {
    answered.abort();
  }
  return askWorker(context, provider, handle, order, { stopFirst: tooLong.signal.aborted, signal });
}

async function askWorker(
  context: Pick<JobContext, 'clock' | 'diagnostics'>,
  provider: WorkerProvider,
  handle: WorkerHandle,
  order: LaunchOrder,
  options: { readonly stopFirst: boolean; readonly signal: AbortSignal },
): Promise<RunningJob> {
  const { signal } = options;
  for (let tries = 0; ; tries += 1) {
    try {
      // A worker that took too long may wait for ever; one whose connection broke ends by itself.
      if (options.stopFirst) await provider.stopWorker(handle, { gracePeriodMs: 0, signal });
      return await provider.recoverWorker(handle, { nonce: order.nonce, from: { stdout: 0, stderr: 0 }, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout')) throw error;
      await context.clock.sleep(backoffMs(tries), signal);
    }
  }
}
