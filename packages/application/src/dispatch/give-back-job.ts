import {
  isHodeiError,
  parseProviderId,
  setAsideUntil,
  withJitter,
  type EpochMs,
  type HodeiError,
  type Job,
  type JobRefusal,
  type Outcome,
} from '@hodei/domain';

import { outcomeOfError } from '../attempts/outcome-of.ts';
import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import { randomFraction } from '../support/random-fraction.ts';

/** How long a job waits before a provider is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 1000;

/**
 * Jobs that were refused together do not come back together; the reason is kept for who asks. For one that has waited
 * for room for long enough, room is set aside on the provider that lacks the least.
 */
function waitAgain(context: Pick<JobContext, 'ids'>, job: Job, error: HodeiError, at: EpochMs) {
  const { reason: why, nearestId, nearestName } = error.details;
  const notBefore = at + withJitter(LOOK_AGAIN_MS, randomFraction(context.ids));
  const reason = REASONS.find((known) => known === why) ?? 'no_provider';
  const refusal = { reason, message: error.message, at };
  const until = reason === 'no_capacity' ? setAsideUntil(job, at) : undefined;
  if (until === undefined || typeof nearestId !== 'string') return { state: 'pending' as const, notBefore, refusal };
  return {
    state: 'pending' as const,
    notBefore,
    refusal: { ...refusal, setAside: { provider: String(nearestName), until } },
    setAside: { providerId: parseProviderId(nearestId), until },
  };
}

const REASONS: readonly JobRefusal['reason'][] = ['no_capacity', 'provider_unhealthy', 'no_provider'];

/**
 * Gives back a scheduled job of which no attempt began. It ends where trying again can't help or its
 * cancellation was asked for; else it waits for its next turn.
 *
 * @param error why no attempt began. Thrown again where the job is no longer this instance's to give back.
 */
export async function giveBackJob(context: JobContext, job: Job, error: HodeiError, again = false): Promise<Job> {
  if (error.code === 'stale_epoch') throw error;
  const { jobs } = context.repositories;
  const { epoch } = context.instance;
  const read = (): Promise<Job> => jobs.get(job.id);
  const current = await persist(context, read, read, context.lost);
  if (current.state !== 'scheduled' || current.epoch !== epoch) throw error;
  const at = context.clock.now();
  const end = (state: 'failed' | 'cancelled', outcome: Outcome) => ({ state, outcome });
  const to = current.cancelRequest
    ? end('cancelled', { cause: 'cancelled', evidence: { by: current.cancelRequest.by, message: 'it had not begun' } })
    : error.retryable
      ? waitAgain(context, current, error, at)
      : end('failed', outcomeOfError(error));
  const released = async (): Promise<Job | undefined> => {
    const now = await jobs.get(job.id);
    return now.state === 'scheduled' ? undefined : now;
  };
  try {
    const release = (): Promise<Job> => jobs.release({ jobId: job.id, epoch, at, to });
    const given = await persist(context, release, released, context.lost);
    if (given.outcome !== undefined) context.telemetry?.jobEnded(given);
    return given;
  } catch (conflict) {
    if (again || !isHodeiError(conflict, 'conflict')) throw conflict;
    return giveBackJob(context, job, error, true); // its cancellation came in between: decide again
  }
}
