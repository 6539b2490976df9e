import {
  HodeiError,
  isTerminalWorkerState,
  lackOfRoom,
  type Load,
  type ProviderId,
  type Resources,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { found } from './rows.ts';

/** What the workers of a provider hold that are not terminated. */
export function loadOf(store: InMemoryStore, providerId: ProviderId): Load {
  const live = [...store.workers.values()].filter(
    (worker) => worker.providerId === providerId && !isTerminalWorkerState(worker.state),
  );
  const sum = (name: 'cpu' | 'memoryBytes'): number =>
    live.reduce((total, { resources }) => total + (resources[name] ?? 0), 0);
  return { workers: live.length, cpu: sum('cpu'), memoryBytes: sum('memoryBytes') };
}

/** @throws HodeiError `provider_unavailable` where the provider has no room for one more worker; `not_found` */
export function assertRoom(store: InMemoryStore, providerId: ProviderId, resources: Resources): void {
  const provider = found(store.providers.get(providerId), 'provider', providerId);
  const lacks = lackOfRoom(provider, loadOf(store, providerId), resources);
  if (lacks.length === 0) return;
  throw new HodeiError('provider_unavailable', `the provider has no room: ${lacks.join(', ')}`, {
    details: { reason: 'no_capacity' },
  });
}
