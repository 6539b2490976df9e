import {
  distanceToRoom,
  lackOfRoom,
  leavesRoom,
  shortfall,
  type Demand,
  type EpochMs,
  type Load,
  type ProviderCapabilities,
  type ProviderHealth,
  type ProviderId,
  type RoomFor,
  type SetAside,
} from '@hodei/domain';

import type { Candidate } from './candidate.ts';
import { admitsFrom, type BreakerState } from './circuit-breaker.ts';
import { compareBy, type SelectionStrategyName } from './selection-strategies.ts';

/** All that is known of a provider at the moment of a selection. */
export interface ProviderSnapshot extends Omit<Candidate, 'health'> {
  readonly health: ProviderHealth;
  readonly breaker: BreakerState;
  readonly load: Load;
  /** Absent while the provider could not be built: then nobody knows. */
  readonly capabilities?: ProviderCapabilities;
}

/**
 * Why a provider does not take the work. `shortfall` is for good, as long as nobody changes the provider; the
 * others may pass.
 */
export type RefusalKind = 'shortfall' | 'excluded' | 'mode' | 'not_connected' | 'health' | 'breaker' | 'no_capacity';

/** One thing that speaks against a provider. */
export interface RefusalReason {
  readonly kind: RefusalKind;
  /** A sentence that goes on from the provider's name. */
  readonly message: string;
}

/** A provider that does not take the work now, and everything that speaks against it. */
export interface ProviderRefusal {
  readonly providerId: ProviderId;
  readonly name: string;
  readonly reasons: readonly RefusalReason[];
  /** It may take work from this moment on, where that is known. */
  readonly retryAt?: EpochMs;
  /** Present where it only lacks room, and may keep some for whom it is: how much is missing, see `distanceToRoom`. */
  readonly missing?: number;
}

/** Which providers could take some work now, and why the others could not. */
export interface SelectionExplanation {
  /** Those that could, the best first. */
  readonly candidates: readonly Candidate[];
  /** All others, by name. */
  readonly refusals: readonly ProviderRefusal[];
  /** False where no provider could ever take it, whatever its mode, health and load. */
  readonly fulfillable: boolean;
}

/** What is looked for. */
export interface SelectionQuery {
  readonly demand: Demand;
  readonly strategy: SelectionStrategyName;
  /** Only the one of this name. */
  readonly only?: string;
  /** For which job room is looked for; absent: for a pool. */
  readonly roomFor?: RoomFor;
  /** Not these. */
  readonly exclude?: readonly ProviderId[];
}

/** Sorts providers into those that can take the work now and those that can't. Pure. */
export function explainSelection(
  providers: readonly ProviderSnapshot[],
  query: SelectionQuery,
  now: EpochMs,
): SelectionExplanation {
  const candidates: Candidate[] = [];
  const refusals: ProviderRefusal[] = [];
  for (const provider of providers) {
    const { config, liveWorkers, startupMs, cost } = provider;
    const reasons = reasonsAgainst(provider, query, now);
    if (reasons.length === 0) {
      candidates.push({
        config,
        health: provider.health.status,
        liveWorkers,
        startupMs,
        ...(cost === undefined ? {} : { cost }),
      });
      continue;
    }
    const open = provider.breaker.phase === 'open' && provider.breaker.until > now ? provider.breaker : undefined;
    const about = { providerId: config.id, name: config.name, reasons };
    const mayKeep = reasons.every(({ kind }) => kind === 'no_capacity') && keptFrom(provider, query, now) === undefined;
    refusals.push({
      ...about,
      ...(open ? { retryAt: open.until } : {}),
      ...(mayKeep ? { missing: distanceToRoom(config, provider.load, query.demand.resources) } : {}),
    });
  }
  return {
    candidates: candidates.sort(compareBy(query.strategy)),
    refusals: refusals.sort((a, b) => (a.name < b.name ? -1 : 1)),
    fulfillable:
      candidates.length > 0 || refusals.some(({ reasons }) => reasons.every(({ kind }) => kind !== 'shortfall')),
  };
}

/** What has to be left for another job. */
function keptFrom({ load }: ProviderSnapshot, { roomFor }: SelectionQuery, now: EpochMs): SetAside | undefined {
  const { setAside } = load;
  return setAside !== undefined && setAside.until > now && leavesRoom(setAside, roomFor) ? setAside : undefined;
}

function reasonsAgainst(provider: ProviderSnapshot, query: SelectionQuery, now: EpochMs): readonly RefusalReason[] {
  const { demand, exclude, only } = query;
  const { config, capabilities, health, load } = provider;
  const reasons: RefusalReason[] = [];
  const against = (kind: RefusalKind, message: string): void => {
    reasons.push({ kind, message });
  };
  if (capabilities !== undefined) {
    for (const sentence of shortfall(capabilities, demand)) against('shortfall', sentence);
  }
  if (only !== undefined && only !== config.name) against('excluded', `only ${only} is wanted`);
  if (exclude?.includes(config.id)) against('excluded', 'excluded by the caller');
  if (config.mode === 'maintenance') against('mode', 'in maintenance');
  if (config.mode === 'disabled') against('mode', 'disabled');
  const why = health.reasons.length === 0 ? '' : `: ${health.reasons.join(', ')}`;
  if (capabilities === undefined) against('not_connected', `not connected${why}`);
  else if (health.status === 'unhealthy') against('health', `unhealthy${why}`);
  else if (health.status === 'unknown') against('health', `its engine does not answer${why}`);
  if (admitsFrom(provider.breaker, now) > now) {
    const until =
      provider.breaker.phase === 'open'
        ? `not tried before ${new Date(provider.breaker.until).toISOString()}`
        : 'one job tries it now';
    against('breaker', `failed repeatedly, ${until}`);
  }
  for (const sentence of lackOfRoom(config, load, demand.resources, keptFrom(provider, query, now)))
    against('no_capacity', sentence);
  return reasons;
}
