import {
  EVERY_JOB,
  shareOut,
  turnOf,
  unconfiguredQueue,
  type Job,
  type JobId,
  type JobRepository,
  type Share,
} from '@hodei/domain';
import { inFlightOf } from './admission.ts';
import type { InMemoryStore } from './in-memory-store.ts';

/** The jobs that a claim takes, in their order, by {@link shareOut}; the shares are charged. */
export function claimable(
  store: InMemoryStore,
  { limit, at, only }: Parameters<JobRepository['claimPending']>[0],
): readonly JobId[] {
  const every = store.keyLimits.get(EVERY_JOB)?.maxInFlight;
  const ready = [...store.jobs.values()]
    .map(({ job }) => job)
    .filter(({ id, state, notBefore }) => state === 'pending' && notBefore <= at && (only?.includes(id) ?? true));
  const { taken, charges } = shareOut(
    ready.map((job) => readyJob(store, job)),
    {
      at,
      limit: every === undefined ? limit : Math.min(limit, every - inFlightOf(store, () => true)),
      openQueue: (name) => {
        const { paused, weight, maxInFlight } = store.queues.get(name) ?? unconfiguredQueue(name);
        if (paused) return undefined;
        if (maxInFlight === undefined) return { weight };
        return { weight, room: maxInFlight - inFlightOf(store, ({ spec }) => spec.queue === name) };
      },
      keyRoom: (key) =>
        (store.keyLimits.get(key)?.maxInFlight ?? 0) - inFlightOf(store, ({ spec }) => spec.concurrencyKey === key),
      shares: (parent) => store.shares.get(parent) ?? new Map(),
    },
  );
  for (const { parent, child, level, finish } of charges) {
    const shares = store.shares.get(parent) ?? new Map<string, Share>();
    store.shares.set(parent, shares.set(child, { level, finish }));
  }
  return taken.map(({ id }) => id);
}

function readyJob(store: InMemoryStore, { id, createdAt, spec }: Job) {
  const { queue, tenant = '', concurrencyKey: key, priority } = spec;
  const limited = key !== undefined && store.keyLimits.has(key) ? { limitedKey: key } : {};
  return { id, queue, tenant, priority, turn: turnOf(createdAt, priority), ...limited };
}
