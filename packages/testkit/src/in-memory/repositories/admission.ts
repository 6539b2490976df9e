import { EVERY_JOB, mayBeginAtOnce, turnOf, type EpochMs, type Job, type JobSpec } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

/** How many jobs of this kind are in flight: owned by an instance. */
export const inFlightOf = (store: InMemoryStore, counts: (job: Job) => boolean): number =>
  [...store.jobs.values()].filter(({ job }) => isInFlight(job) && counts(job)).length;

const isInFlight = ({ state }: Job): boolean => state === 'scheduled' || state === 'running';

/**
 * True where nothing but its turn keeps a job of this spec back: its queue is neither paused nor limited, and no
 * limit counts it. What is limited goes through `claimPending`.
 */
export function isUnrestricted(store: InMemoryStore, { queue, concurrencyKey }: JobSpec): boolean {
  const configured = store.queues.get(queue);
  if (configured?.paused === true || configured?.maxInFlight !== undefined) return false;
  return !store.keyLimits.has(EVERY_JOB) && (concurrencyKey === undefined || !store.keyLimits.has(concurrencyKey));
}

/**
 * True where a new job of this spec may be placed on a worker in the step that inserts it: it is
 * {@link isUnrestricted}, its time has come, and in its queue nothing waits but jobs of one tenant, whose turn comes
 * after its own.
 */
export function mayBePlacedAtOnce(store: InMemoryStore, spec: JobSpec, at: EpochMs): boolean {
  if ((spec.notBefore ?? at) > at || !isUnrestricted(store, spec)) return false;
  const turn = turnOf(at, spec.priority);
  const waiting = readyJobs(store, at).filter(({ spec: { queue } }) => queue === spec.queue);
  const tenants = new Set(waiting.map((job) => job.spec.tenant));
  return tenants.size < 2 && waiting.every((job) => turnOf(job.createdAt, job.spec.priority) > turn);
}

/** True where the step that inserts a new job of this spec may begin its attempt; see `JobRepository.insertBegun`. */
export const mayBeginWhenStored = (store: InMemoryStore, spec: JobSpec, at: EpochMs): boolean =>
  mayBeginAtOnce(spec, at) && isUnrestricted(store, spec) && readyJobs(store, at).length === 0;

/** The jobs that wait for their claim, but for those behind a limited key. */
const readyJobs = (store: InMemoryStore, at: EpochMs): readonly Job[] =>
  [...store.jobs.values()]
    .map(({ job }) => job)
    .filter(({ state, notBefore, spec: { concurrencyKey: key } }) => {
      const held = key !== undefined && store.keyLimits.has(key);
      return state === 'pending' && notBefore <= at && !held;
    });
