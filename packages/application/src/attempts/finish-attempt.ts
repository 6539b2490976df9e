import {
  isCounted,
  isHodeiError,
  isSuccess,
  settleAttempt,
  type Attempt,
  type Job,
  type Outcome,
  type PhaseTimes,
  type Settlement,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import { randomFraction } from '../support/random-fraction.ts';
import type { FollowedAttempt } from './follow-attempt.ts';

/**
 * Records an attempt's one outcome, and with it what becomes of the job. A success needs no look at anything else.
 *
 * @param options.reuse its worker waits for another job afterwards.
 * @param options.againAtOnce where the job is tried again, it need not wait.
 * @returns the job as it is afterwards: ended, or `pending` for a retry.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now.
 */
export async function finishAttempt(
  context: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'instance' | 'ids'>,
  attempt: Pick<Attempt, 'id' | 'jobId'>,
  { outcome, launch }: FollowedAttempt,
  phases: PhaseTimes,
  options: { readonly reuse?: boolean; readonly againAtOnce?: boolean } = {},
): Promise<Job> {
  const { jobs, attempts } = context.repositories;
  const { epoch } = context.instance;
  const { reuse = false } = options;
  let isRefused = false;
  const recorded = async (): Promise<Job | undefined> =>
    (await attempts.get(attempt.id)).outcome === undefined ? undefined : jobs.get(attempt.jobId);
  const settle = async (at: number): Promise<{ readonly settlement: Settlement; readonly outcome: Outcome }> => {
    if (isSuccess(outcome)) return { settlement: { state: 'succeeded' }, outcome };
    const job = await jobs.get(attempt.jobId);
    const earlier = (await attempts.listByJob(attempt.jobId)).filter(({ id }) => id !== attempt.id);
    const settlement = settleAttempt(job, earlier, outcome, at, randomFraction(context.ids));
    if (settlement.state === 'pending' && options.againAtOnce)
      return { settlement: { ...settlement, notBefore: at }, outcome };
    return { settlement, outcome: cancelledInstead(job, settlement, outcome) };
  };
  const decideAndWrite = async (): Promise<Job> => {
    const at = context.clock.now();
    const settled = await settle(at);
    const end = { attemptId: attempt.id, epoch, ...settled, phases: { ...phases, ended: at }, at };
    const isRecorded = launch === undefined || (isRefused && (await jobs.get(attempt.jobId)).state !== 'scheduled');
    return attempts.finish({ ...end, reuse, ...(isRecorded ? {} : { launch }) });
  };
  for (;;) {
    try {
      return await persist(context, decideAndWrite, recorded);
    } catch (error) {
      // A cancellation that came between reading and writing, or its launch is recorded after all: decide again.
      // Anything else is decided already.
      if (!isHodeiError(error, 'conflict')) throw error;
      const done = await persist(context, recorded, recorded);
      if (done) return done;
      isRefused = true;
    }
  }
}

/** A fault that would have been made good by another attempt is not why a job ended of which nobody wants one. */
function cancelledInstead({ cancelRequest }: Job, { state }: Settlement, outcome: Outcome): Outcome {
  if (state !== 'cancelled' || cancelRequest === undefined || isCounted(outcome)) return outcome;
  return { cause: 'cancelled', evidence: { ...outcome.evidence, by: cancelRequest.by } };
}
