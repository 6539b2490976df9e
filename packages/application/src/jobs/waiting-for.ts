import { EVERY_JOB, type Attempt, type EpochMs, type Job, type JobRefusal } from '@hodei/domain';

import type { Preparation } from '../attempts/preparations.ts';
import type { JobContext } from '../support/job-context.ts';

/** What a job may wait for before it runs; one word for a program. */
export const WAITING_REASONS = [
  'not_before',
  'retry_backoff',
  'queue_paused',
  'queue_limit',
  'key_limit',
  'no_capacity',
  'provider_unhealthy',
  'no_provider',
  'no_instance',
  'earlier_jobs',
  'claiming',
  'choosing_provider',
  'pulling_image',
  'start_turn',
  'creating_worker',
  'preparing',
  'launching',
  'ending',
] as const;

/** See {@link WAITING_REASONS}. */
export type WaitingReason = (typeof WAITING_REASONS)[number];

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

/**
 * Why a job isn't running; absent where it runs or has ended. Reads rows, and of a worker that this process makes, how
 * far it is.
 */
export async function waitingFor(
  context: Pick<JobContext, 'repositories' | 'clock' | 'preparations'>,
  job: Job,
  attempts: readonly Attempt[],
): Promise<Waiting | undefined> {
  const { repositories, clock } = context;
  if (job.state === 'scheduled') return whilePreparing(context, job, attempts);
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
  const alive = (await instances.listLive()).length;
  if (alive === 0) return waiting('no_instance', 'an instance to run it: none is alive', {});
  if (job.refusal !== undefined) return refused(job.refusal);
  const before = await jobs.countBefore(job.id, MOST_BEFORE);
  if (before === 0)
    return waiting('claiming', `a place: ${alive} ${alive === 1 ? 'instance is' : 'instances are'} alive`, { alive });
  const count = before === MOST_BEFORE ? `${before} or more jobs` : before === 1 ? '1 job' : `${before} jobs`;
  return waiting('earlier_jobs', `its turn: ${count} in queue ${name} come before it`, { queue: name, before });
}

const STEPS: Readonly<Record<Preparation['step'], readonly [WaitingReason, string]>> = {
  image: ['pulling_image', 'its image to be ready'],
  turn: ['start_turn', 'its turn to be started: its provider starts only so many workers at once'],
  worker: ['creating_worker', 'its worker to start'],
};

async function whilePreparing(
  { repositories, preparations }: Pick<JobContext, 'repositories' | 'preparations'>,
  { spec: { image } }: Job,
  attempts: readonly Attempt[],
): Promise<Waiting> {
  const current = attempts.findLast((attempt) => attempt.outcome === undefined);
  if (current === undefined)
    return waiting('choosing_provider', 'a provider, or a worker of a pool that will be free sooner', {});
  const { number: attempt, providerId, workerId } = current;
  const facts = { attempt, providerId, workerId };
  const preparation = preparations?.of(current.id);
  if (preparation !== undefined) {
    const [reason, words] = STEPS[preparation.step];
    const { detail } = preparation;
    if (detail === undefined) return waiting(reason, words, { ...facts, image });
    return waiting(reason, `${words} (${detail})`, { ...facts, image, detail });
  }
  const { state } = await repositories.workers.get(workerId);
  switch (state) {
    case 'creating':
    case 'connecting':
      return waiting('preparing', 'its image and its worker to be ready', { ...facts, image });
    case 'ready':
    case 'busy':
      return waiting('launching', 'its worker to say that it is launched', facts);
    case 'draining':
    case 'terminating':
    case 'terminated':
      return waiting('ending', `the end of an attempt whose worker is ${state}`, facts);
    default:
      return state satisfies never;
  }
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

function refused({ reason, message, setAside }: JobRefusal, until?: string): Waiting {
  const again = until === undefined ? '' : `; tried again at ${until}`;
  const keptUntil = setAside && new Date(setAside.until).toISOString();
  const kept = setAside === undefined ? '' : `; ${setAside.provider} keeps what becomes free for it until ${keptUntil}`;
  return waiting(reason, `${REFUSED[reason]} (${message})${kept}${again}`, {
    message,
    ...(setAside === undefined || keptUntil === undefined ? {} : { provider: setAside.provider, keptUntil }),
    ...(until === undefined ? {} : { until }),
  });
}

const waiting = (reason: WaitingReason, words: string, facts: Waiting['facts']): Waiting => ({ reason, words, facts });
