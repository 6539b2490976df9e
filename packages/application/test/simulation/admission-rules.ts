import { isTerminalWorkerState, waitUntilOf, type Attempt, type Job } from '@hodei/domain';
import type { InMemoryStore } from '@hodei/testkit/in-memory';

/** What must hold of a job that has just been taken up, and of all that are in flight then; else what is wrong. */
export function checkStart(store: InMemoryStore, job: Job, now: number): string | undefined {
  const { queue: name, concurrencyKey: key, notBefore = 0 } = job.spec;
  const queue = store.queues.get(name);
  const limit = store.keyLimits.get(key ?? '');
  const inFlight = (which: (other: Job) => boolean): number =>
    [...store.jobs.values()].filter(({ job: other }) => other.epoch !== undefined && which(other)).length;
  if (now < notBefore) return `began ${notBefore - now} ms before its time`;
  if (queue?.paused === true) return `began although its queue is paused`;
  const inQueue = inFlight(({ spec }) => spec.queue === name);
  if (inQueue > (queue?.maxInFlight ?? Number.POSITIVE_INFINITY))
    return `is one of ${inQueue} in flight in queue ${name}`;
  const withKey = inFlight(({ spec }) => spec.concurrencyKey === key);
  return limit !== undefined && withKey > limit.maxInFlight
    ? `is one of ${withKey} in flight with key ${key}`
    : undefined;
}

/** No provider has more workers than places; else what is wrong. */
export function checkPlaces(store: InMemoryStore): string | undefined {
  for (const { id, name, maxWorkers } of store.providers.values()) {
    const live = [...store.workers.values()].filter(
      ({ providerId, state }) => providerId === id && !isTerminalWorkerState(state),
    ).length;
    if (live > maxWorkers) return `${name} has ${live} workers in ${maxWorkers} places`;
  }
  return undefined;
}

/** A worker runs jobs of one tenant only; else what is wrong. */
export function checkTenants(store: InMemoryStore, { workerId }: Attempt): string | undefined {
  const tenants = [...store.attempts.values()]
    .filter((attempt) => attempt.workerId === workerId)
    .map(({ jobId }) => store.jobs.get(jobId)?.job.spec.tenant);
  return new Set(tenants).size > 1 ? `is on a worker that has served ${new Set(tenants).size} tenants` : undefined;
}

/** Whether a job that never began may have ended so. */
export function isRightlyTimedOut({ spec, createdAt, finishedAt = 0, outcome, startedAt }: Job): boolean {
  const until = waitUntilOf(spec, createdAt);
  return outcome?.cause === 'wait_timeout' && startedAt === undefined && until !== undefined && finishedAt >= until;
}
