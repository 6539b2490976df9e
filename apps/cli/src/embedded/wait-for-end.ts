import { describeJob, waitForJob, type JobDescription } from '@hodei/application';
import type { JobId } from '@hodei/domain';
import type { Store } from '@hodei/server';

import type { WaitOptions } from '../backend.ts';
import type { LocalJob } from './local-job.ts';

/**
 * Waits for a job's end, and tells what it waits for meanwhile.
 * @param local the job, where this process runs it.
 * @throws HodeiError `not_found`; whatever kept this process from running the job to its end.
 */
export async function waitForEnd(
  store: Store,
  jobId: JobId,
  options: WaitOptions,
  local?: LocalJob,
): Promise<JobDescription> {
  const { signal, onWaiting = () => undefined, onRetry = () => undefined } = options;
  using _listening = local?.onWaiting(onWaiting);
  const signals = [signal, local?.lost].filter((each) => each !== undefined);
  let told = 0;
  const look = async (): Promise<void> => {
    const { job, attempts, waitingFor } = await describeJob(store, jobId);
    if (waitingFor !== undefined) onWaiting(waitingFor);
    if (job.state !== 'pending') return;
    for (const attempt of attempts.slice(told)) onRetry(attempt);
    told = Math.max(told, attempts.length);
  };
  await waitForJob(store, jobId, {
    signal: AbortSignal.any(signals),
    // Only words for a person: where they can't be had, the wait itself says why.
    onChange: () => void look().catch(() => undefined),
  });
  return await describeJob(store, jobId);
}
