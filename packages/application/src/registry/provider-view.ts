import type { ProviderCapabilities, ProviderConfig, ProviderHealth, ProviderStatus } from '@hodei/domain';

import type { BreakerState } from './circuit-breaker.ts';

/** A provider as its operator sees it: what is configured, and what it is like now, as seen from this process. */
export interface ProviderView {
  readonly config: ProviderConfig;
  /** Mode, health and load in one word. */
  readonly status: ProviderStatus;
  readonly health: ProviderHealth;
  readonly breaker: BreakerState['phase'];
  /** Workers that are not terminated, of all instances. */
  readonly liveWorkers: number;
  /** Absent while the provider could not be built. */
  readonly capabilities?: ProviderCapabilities;
  /** From the launches that this process saw, in milliseconds; absent before the first. */
  readonly averageStartupMs?: number;
}

/** Which providers to list; absent means any. */
export interface ProviderQuery {
  readonly status?: ProviderStatus;
  readonly type?: string;
  /** True: only those that may have more workers; false: only the full ones. */
  readonly withCapacity?: boolean;
}

/** All providers, summed up. */
export interface ProviderStatistics {
  readonly total: number;
  readonly byStatus: Readonly<Record<ProviderStatus, number>>;
  readonly liveWorkers: number;
  readonly maxWorkers: number;
  /** By name. */
  readonly providers: readonly ProviderView[];
}

/** True where the query lets this provider through. */
export function matchesQuery({ config, status, liveWorkers }: ProviderView, query: ProviderQuery): boolean {
  if (query.status !== undefined && status !== query.status) return false;
  if (query.type !== undefined && config.type !== query.type) return false;
  return query.withCapacity === undefined || liveWorkers < config.maxWorkers === query.withCapacity;
}

/** Adds up what is true of each. Pure. */
export function summarize(providers: readonly ProviderView[]): ProviderStatistics {
  const byStatus: Record<ProviderStatus, number> = {
    active: 0,
    degraded: 0,
    overloaded: 0,
    unhealthy: 0,
    maintenance: 0,
    disabled: 0,
  };
  let liveWorkers = 0;
  let maxWorkers = 0;
  for (const provider of providers) {
    byStatus[provider.status] += 1;
    liveWorkers += provider.liveWorkers;
    maxWorkers += provider.config.maxWorkers;
  }
  return { total: providers.length, byStatus, liveWorkers, maxWorkers, providers };
}
