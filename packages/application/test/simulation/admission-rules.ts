import {
  isTerminalJobState,
  isTerminalWorkerState,
  turnOf,
  waitUntilOf,
  type Attempt,
  type Job,
  type ProviderId,
  type Worker,
} from '@hodei/domain';
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

const liveOn = (store: InMemoryStore, id: ProviderId): readonly Worker[] =>
  [...store.workers.values()].filter(({ providerId, state }) => providerId === id && !isTerminalWorkerState(state));

const memoryOf = (workers: readonly Worker[]): number =>
  workers.reduce((sum, { resources }) => sum + (resources.memoryBytes ?? 0), 0);

/** No provider has more workers than places, or promises more memory than it has; else what is wrong. */
export function checkPlaces(store: InMemoryStore): string | undefined {
  for (const { id, name, maxWorkers, capacity } of store.providers.values()) {
    const live = liveOn(store, id);
    if (live.length > maxWorkers) return `${name} has ${live.length} workers in ${maxWorkers} places`;
    if (memoryOf(live) > (capacity?.memoryBytes ?? Infinity)) return `${name} has promised ${memoryOf(live)} bytes`;
  }
  return undefined;
}

/** For whom room is kept on the worker's provider, and was as its row was stored; the worker's own job left out. */
export function keptFor(store: InMemoryStore, worker: Worker): Job | undefined {
  const kept = store.setAside.get(worker.providerId);
  const job = kept && store.jobs.get(kept.jobId)?.job;
  if (kept === undefined || job === undefined || kept.until <= worker.createdAt || job.id === worker.jobId) return;
  const hasBegun = [...store.attempts.values()].some(({ jobId, outcome }) => jobId === job.id && outcome === undefined);
  return hasBegun || job.state === 'running' || isTerminalJobState(job.state) ? undefined : job;
}

/** A worker that was just stored leaves the room that is kept for a job, unless its own job's turn is first. */
export function checkKept(store: InMemoryStore, worker: Worker, kept: Job): string | undefined {
  const own = worker.jobId === undefined ? undefined : store.jobs.get(worker.jobId)?.job;
  const turn = (job: Job): number => turnOf(job.createdAt, job.spec.priority);
  if (own !== undefined && turn(own) < turn(kept)) return undefined;
  const { maxWorkers = 0, capacity } = store.providers.get(worker.providerId) ?? {};
  const live = liveOn(store, worker.providerId);
  const asks = worker.resources.memoryBytes ?? 0;
  const isFull =
    asks > 0 && memoryOf(live) + (kept.spec.resources.memoryBytes ?? 0) > (capacity?.memoryBytes ?? Infinity);
  return live.length + 1 > maxWorkers || isFull ? 'took room that is kept for job' : undefined;
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
