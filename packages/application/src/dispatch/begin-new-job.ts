import { isHodeiError, mayBeginAtOnce, type Job, type NewJob } from '@hodei/domain';

import { newAttempt } from '../attempts/begin-attempt.ts';
import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';
import type { JobRunner } from './job-runner.ts';
import { selectProvider } from './select-provider.ts';

/**
 * Stores a new job and begins it in the same statement, on a worker that is made for it: else that would be three
 * statements, one after the other. Where somebody waits, it is stored as pending, like any other.
 *
 * @returns nothing where it can't begin here now; nothing is stored then.
 * @throws HodeiError `limit_exceeded` where no provider could ever run it; what storing throws. Where its answer was
 * lost, the job may be stored; then it is found, and tried again.
 */
export async function beginNewJob(
  context: Pick<JobContext, 'repositories' | 'registry' | 'ids' | 'clock' | 'policy' | 'instance' | 'idle' | 'hub'>,
  runner: JobRunner,
  job: Omit<NewJob, 'claimFor'>,
  secrets: Readonly<Record<string, string>>,
): Promise<Job | undefined> {
  const { repositories, hub, idle, clock } = context;
  const mayBegin = mayBeginAtOnce(job.spec, job.at) && idle?.mightReturn(job.spec) !== true;
  if (!mayBegin || runner.othersWait || runner.roomTries.wasRefused(clock.now())) return undefined;
  using selection = await select(context, job);
  if (selection === undefined) return undefined;
  const { id: providerId } = selection.provider;
  const cancels = hub.subscribe({ jobId: job.id, kinds: ['cancel'] }, false);
  try {
    const wanted = newAttempt(context, job.spec, selection.provider, { claimed: job.at });
    const { job: stored, attempt } = await repositories.jobs.insertBegun(job, wanted);
    if (attempt === undefined) {
      runner.othersWait = true;
      context.registry.reportNothing(providerId);
      cancels[Symbol.dispose]();
    } else runner.startBegun({ job: stored, attempt, selection, secrets }, cancels);
    return stored;
  } catch (error) {
    cancels[Symbol.dispose]();
    context.registry.reportNothing(providerId);
    if (!isHodeiError(error, 'provider_unavailable')) throw error;
    runner.roomTries.refused(clock.now());
    return undefined;
  }
}

/** A provider that has room for it, as far as is known; the rows see to that it has. */
async function select(
  context: Pick<JobContext, 'registry' | 'policy'>,
  job: Omit<NewJob, 'claimFor'>,
): Promise<Selection | undefined> {
  try {
    return await selectProvider(context, { ...job, createdAt: job.at });
  } catch (error) {
    if (isHodeiError(error, 'provider_unavailable')) return undefined;
    throw error;
  }
}
