import type { HealthStatus, ProviderConfig } from '@hodei/domain';

/** A provider that could take the work now, with all that a strategy may weigh. */
export interface Candidate {
  readonly config: ProviderConfig;
  readonly health: HealthStatus;
  /** Workers that are not terminated, and places that are reserved. */
  readonly liveWorkers: number;
  /** How long a worker takes to be ready, in milliseconds; an estimate. */
  readonly startupMs: number;
  /** What the work would cost; absent where the provider has no price. */
  readonly cost?: number;
}

/** Negative where `a` is the better one, as for `Array.prototype.sort`. Pure. */
export type CompareCandidates = (a: Candidate, b: Candidate) => number;

/** The part of its places that a provider has given away: 0 is idle, 1 is full. */
export const loadOf = ({ config, liveWorkers }: Candidate): number => liveWorkers / config.maxWorkers;
