import type { Attempt, Job } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import type { PoolWorker } from './pool-worker.ts';
import {
  afterFailedPlacement,
  afterRefusedPlacement,
  announceTo,
  placementOn,
  takeIdle,
  takeReturning,
} from './take-idle.ts';

/**
 * Begins an attempt of a job that this instance has claimed on one of its idle workers, or on one that will be idle
 * sooner than a new one were ready.
 * @param discard gets workers that turned out not to wait any more.
 * @param signals any of them ends the wait for a worker.
 * @returns nothing where no idle worker fits.
 * @throws HodeiError as `AttemptRepository.beginOnWorker`
 */
export async function placeClaimedJob(
  context: JobContext,
  job: Job,
  discard: (worker: PoolWorker, message: string) => void,
  signals: readonly AbortSignal[],
): Promise<{ readonly attempt: Attempt; readonly worker: PoolWorker } | undefined> {
  const { attempts } = context.repositories;
  for (;;) {
    const worker = takeIdle(context, job) ?? (await takeReturning(context, job.spec, signals));
    if (worker === undefined) return undefined;
    const placement = placementOn(context, worker, job.spec);
    // Secrets are still sealed.
    if (job.spec.secretNames.length === 0) announceTo(worker, job.spec, placement, {});
    try {
      const attempt = await persist(
        context,
        () => attempts.beginOnWorker(job.id, placement),
        async () => (await attempts.listByJob(job.id)).find(({ id }) => id === placement.attemptId),
        context.lost,
      );
      if (attempt !== undefined) return { attempt, worker };
    } catch (error) {
      afterFailedPlacement(context, worker, error);
      throw error;
    }
    if (await afterRefusedPlacement(context, worker, discard)) return undefined;
  }
}
