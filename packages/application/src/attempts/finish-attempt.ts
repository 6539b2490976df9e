import { isHodeiError, settleAttempt, type Attempt, type Job, type Outcome, type PhaseTimes } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/**
 * Records an attempt's one outcome, and with it what becomes of the job.
 *
 * @returns the job as it is afterwards: ended, or `pending` for a retry.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now.
 */
export async function finishAttempt(
  context: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'instance'>,
  attempt: Pick<Attempt, 'id' | 'jobId'>,
  outcome: Outcome,
  phases: PhaseTimes,
): Promise<Job> {
  const { jobs, attempts } = context.repositories;
  const { epoch } = context.instance;
  const recorded = async (): Promise<Job | undefined> =>
    (await attempts.get(attempt.id)).outcome === undefined ? undefined : jobs.get(attempt.jobId);
  const decideAndWrite = async (): Promise<Job> => {
    const job = await jobs.get(attempt.jobId);
    const earlier = (await attempts.listByJob(attempt.jobId)).filter(({ id }) => id !== attempt.id);
    const at = context.clock.now();
    const settlement = settleAttempt(job, earlier, outcome, at);
    return attempts.finish({ attemptId: attempt.id, epoch, outcome, settlement, phases: { ...phases, ended: at }, at });
  };
  for (;;) {
    try {
      return await persist(context, decideAndWrite, recorded);
    } catch (error) {
      // A cancellation that came between reading and writing: decide again. Anything else is decided already.
      if (!isHodeiError(error, 'conflict')) throw error;
      const done = await persist(context, recorded, recorded);
      if (done) return done;
    }
  }
}
