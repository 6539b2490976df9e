import {
  HodeiError,
  isTerminalWorkerState,
  lackOfRoom,
  leavesRoom,
  roomForJob,
  type EpochMs,
  type Job,
  type Load,
  type ProviderId,
  type Resources,
  type RoomFor,
  type SetAside,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { found, openAttempt } from './rows.ts';

/** What the workers of a provider hold that are not terminated. */
export function loadOf(store: InMemoryStore, providerId: ProviderId): Load {
  const live = [...store.workers.values()].filter(
    (worker) => worker.providerId === providerId && !isTerminalWorkerState(worker.state),
  );
  const sum = (name: 'cpu' | 'memoryBytes'): number =>
    live.reduce((total, { resources }) => total + (resources[name] ?? 0), 0);
  const setAside = setAsideOn(store, providerId);
  const load = { workers: live.length, cpu: sum('cpu'), memoryBytes: sum('memoryBytes') };
  return setAside === undefined ? load : { ...load, setAside };
}

/** What a provider keeps for a job that still waits. */
export function setAsideOn(store: InMemoryStore, providerId: ProviderId): SetAside | undefined {
  const kept = store.setAside.get(providerId);
  const job = kept && store.jobs.get(kept.jobId)?.job;
  if (job === undefined || (job.state !== 'pending' && job.state !== 'scheduled')) return undefined;
  if (openAttempt(store, job.id) !== undefined) return undefined;
  const { cpu = 0, memoryBytes = 0 } = job.spec.resources;
  return { ...roomForJob(job), cpu, memoryBytes, until: kept?.until ?? 0 };
}

/** Keeps room for a job, where its turn is before that of whoever it is kept for. */
export function setAsideFor(
  store: InMemoryStore,
  job: Job,
  { providerId, until }: { readonly providerId: ProviderId; readonly until: EpochMs },
  at: EpochMs,
): void {
  for (const [id, { jobId }] of store.setAside) if (jobId === job.id && id !== providerId) store.setAside.delete(id);
  const kept = setAsideOn(store, providerId);
  if (kept !== undefined && kept.until > at && leavesRoom(kept, roomForJob(job))) return;
  store.setAside.set(providerId, { jobId: job.id, until });
}

/**
 * @param roomFor absent: for a pool.
 * @throws HodeiError `provider_unavailable` where the provider has no room for one more worker; `not_found`
 */
export function assertRoom(
  store: InMemoryStore,
  { providerId, at }: { readonly providerId: ProviderId; readonly at: EpochMs },
  resources: Resources,
  roomFor?: RoomFor,
): void {
  const provider = found(store.providers.get(providerId), 'provider', providerId);
  const load = loadOf(store, providerId);
  const { setAside } = load;
  const kept = setAside !== undefined && setAside.until > at && leavesRoom(setAside, roomFor) ? setAside : undefined;
  const lacks = lackOfRoom(provider, load, resources, kept);
  if (lacks.length === 0) return;
  throw new HodeiError('provider_unavailable', `the provider has no room: ${lacks.join(', ')}`, {
    details: { reason: 'no_capacity' },
  });
}
