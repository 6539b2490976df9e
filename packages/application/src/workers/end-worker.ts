import type { Worker, WorkerId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

type EndContext = Pick<JobContext, 'repositories' | 'clock'>;

/**
 * Asks for a worker to take nothing new: an idle one is let go, one that has a job when that has ended. Recorded in
 * its row, and whichever instance owns it is told and acts. Idempotent.
 * @throws HodeiError `not_found`
 */
export const drainWorker = ({ repositories, clock }: EndContext, workerId: WorkerId, by: string): Promise<Worker> =>
  repositories.workers.requestEnd({ workerId, kind: 'drain', at: clock.now(), by });

/**
 * Asks for a worker to be destroyed whatever it does. A job in it is killed without grace and, as that is not its
 * fault, tried again on another worker; to end a job, cancel it. As {@link drainWorker}, the owner acts.
 * @throws HodeiError `not_found`
 */
export const destroyWorkerNow = (
  { repositories, clock }: EndContext,
  workerId: WorkerId,
  by: string,
): Promise<Worker> => repositories.workers.requestEnd({ workerId, kind: 'destroy', at: clock.now(), by });
