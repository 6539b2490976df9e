import { EVERY_JOB, PHASES, type Attempt, type EpochMs, type Job, type JobRefusal, type Phase } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** What a job waits for before it runs; one word for a program. */
export type WaitingReason =
  | 'not_before'
  | 'retry_backoff'
  | 'queue_paused'
  | 'queue_limit'
  | 'key_limit'
  | JobRefusal['reason']
  | 'no_instance'
  | 'earlier_jobs'
  | 'claiming'
  | 'choosing_provider'
  | 'pulling_image'
  | 'creating_worker'
  | 'launching';

/** Why a job isn't running yet. */
export interface Waiting {
  readonly reason: WaitingReason;
  /** For people; follows "waiting for". */
  readonly words: string;
  /** The numbers and names in the words. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** More jobs than this before it are not counted. */
const MOST_BEFORE = 1000;

/** Why a job isn't running; absent where it runs or has ended. Reads rows alone. */
export async function waitingFor(
  { repositories, clock }: Pick<JobContext, 'repositories' | 'clock'>,
  job: Job,
  attempts: readonly Attempt[],
): Promise<Waiting | undefined> {
  if (job.state === 'scheduled') return whilePreparing(attempts);
  if (job.state !== 'pending') return undefined;
  const now = clock.now();
  const early = beforeItsTime(job, attempts, now);
  if (early !== undefined) return early;
  const { queues, instances, jobs } = repositories;
  const { queue: name, concurrencyKey: key } = job.spec;
  const [queue, limits] = await Promise.all([queues.get(name), queues.listLimits()]);
  if (queue.paused) return waiting('queue_paused', `its queue ${name} to be resumed`, { queue: name });
  const limited = limits.find(
    (limit) => (limit.key === key || limit.key === EVERY_JOB) && limit.inFlight >= limit.maxInFlight,
  );
  if (limited !== undefined) {
    const { inFlight, maxInFlight } = limited;
    const what = limited.key === EVERY_JOB ? 'this installation' : `key ${limited.key}`;
    const words = `other jobs to end: ${what} has ${inFlight} of at most ${maxInFlight} in flight`;
    return waiting('key_limit', words, { key: limited.key, inFlight, maxInFlight });
  }
  if (queue.maxInFlight !== undefined) {
    const { maxInFlight } = queue;
    const { inQueue: inFlight } = await queues.countInFlight({ queue: name });
    const words = `other jobs to end: queue ${name} has ${inFlight} of at most ${maxInFlight} in flight`;
    if (inFlight >= maxInFlight) return waiting('queue_limit', words, { queue: name, inFlight, maxInFlight });
  }
  if ((await instances.listLive()).length === 0)
    return waiting('no_instance', 'an instance to run it: none is alive', {});
  if (job.refusal !== undefined) return refused(job.refusal);
  const before = await jobs.countBefore(job.id, MOST_BEFORE);
  if (before === 0) return waiting('claiming', 'an instance with a free place', {});
  const count = before === MOST_BEFORE ? `${before} or more jobs` : before === 1 ? '1 job' : `${before} jobs`;
  return waiting('earlier_jobs', `its turn: ${count} in queue ${name} come before it`, { queue: name, before });
}

const STEPS: Readonly<Partial<Record<Phase, readonly [WaitingReason, string]>>> = {
  claimed: ['pulling_image', 'its image to be ready'],
  imageReady: ['creating_worker', 'its worker to start'],
  workerReady: ['launching', 'its worker to take the order'],
  ordered: ['launching', 'its worker to say that it is launched'],
};

function whilePreparing(attempts: readonly Attempt[]): Waiting {
  const current = attempts.findLast((attempt) => attempt.outcome === undefined);
  const reached = PHASES.findLast((phase) => current?.phases[phase] !== undefined);
  const [reason, words] = (reached === undefined ? undefined : STEPS[reached]) ?? ['choosing_provider', 'a provider'];
  return waiting(reason, words, current === undefined ? {} : { attempt: current.number });
}

function beforeItsTime(job: Job, attempts: readonly Attempt[], now: EpochMs): Waiting | undefined {
  if (job.notBefore <= now) return undefined;
  const until = new Date(job.notBefore).toISOString();
  if (job.refusal !== undefined) return refused(job.refusal, until);
  const last = attempts.findLast((attempt) => attempt.outcome !== undefined);
  if (last?.outcome === undefined) return waiting('not_before', `its time, ${until}`, { until });
  const { cause } = last.outcome;
  return waiting('retry_backoff', `its next attempt at ${until}, after ${cause}`, {
    until,
    cause,
    attempt: last.number,
  });
}

const REFUSED: Readonly<Record<JobRefusal['reason'], string>> = {
  no_capacity: 'room on a provider',
  provider_unhealthy: 'a provider to be well again',
  no_provider: 'a provider that can take it',
};

function refused({ reason, message }: JobRefusal, until?: string): Waiting {
  const again = until === undefined ? '' : `; tried again at ${until}`;
  return waiting(reason, `${REFUSED[reason]} (${message})${again}`, {
    message,
    ...(until === undefined ? {} : { until }),
  });
}

const waiting = (reason: WaitingReason, words: string, facts: Waiting['facts']): Waiting => ({ reason, words, facts });
