import { EVERY_JOB, turnOf, type EpochMs, type Job, type JobSpec } from '@hodei/domain';
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
  const waiting = [...store.jobs.values()]
    .map(({ job }) => job)
    .filter(({ state, notBefore, spec: { queue, concurrencyKey: key } }) => {
      const held = key !== undefined && store.keyLimits.has(key);
      return state === 'pending' && notBefore <= at && queue === spec.queue && !held;
    });
  const tenants = new Set(waiting.map((job) => job.spec.tenant));
  return tenants.size < 2 && waiting.every((job) => turnOf(job.createdAt, job.spec.priority) > turn);
}
