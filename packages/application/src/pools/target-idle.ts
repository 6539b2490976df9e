import type { EpochMs, PoolPolicy } from '@hodei/domain';

/** A target is lowered only after less was wanted for so long, in milliseconds: arrivals come in waves. */
export const LOWER_AFTER_MS = 60_000;

/** What the number of idle workers is decided from. */
export interface IdleDemand {
  readonly policy: PoolPolicy;
  /** This instance's part of the pool's bounds. */
  readonly minIdle: number;
  readonly maxIdle: number;
  /** How many jobs a second asked for a worker lately. */
  readonly arrivalsPerSecond: number;
  /** In 95 of 100 cases a worker is ready after so long, in milliseconds. */
  readonly startP95Ms: number;
}

/**
 * How many workers should wait now. Pure. While a new worker starts, `arrivals x start time` jobs come on average; as
 * they come by chance, twice the spread of that is added, so that a job seldom finds none. The bounds hold.
 */
export function wantedIdle({ policy, minIdle, maxIdle, arrivalsPerSecond, startP95Ms }: IdleDemand): number {
  if (policy === 'fixed') return minIdle;
  const whileStarting = Math.max(0, arrivalsPerSecond) * (Math.max(0, startP95Ms) / 1000);
  const wanted = Math.ceil(whileStarting + 2 * Math.sqrt(whileStarting));
  return Math.min(Math.max(wanted, minIdle), Math.max(minIdle, maxIdle));
}

/** A target, and what it would become. */
export interface IdleTarget {
  readonly target: number;
  /** Since when less is wanted; absent while it is not. */
  readonly lowerSince?: EpochMs;
  /** The most that was wanted since then. */
  readonly mostSince?: number;
}

/**
 * The next target. Pure. Up at once; down only after less was wanted for {@link LOWER_AFTER_MS}, and then to the most
 * that was wanted in that time. What is over the pool's bound goes at once.
 */
export function targetIdle(before: IdleTarget, demand: IdleDemand, now: EpochMs): IdleTarget {
  const wanted = wantedIdle(demand);
  const bounded = Math.min(
    before.target,
    demand.policy === 'fixed' ? wanted : Math.max(demand.minIdle, demand.maxIdle),
  );
  if (wanted >= bounded) return { target: wanted };
  const { lowerSince = now, mostSince = wanted } = before;
  const most = Math.max(mostSince, wanted);
  if (now - lowerSince < LOWER_AFTER_MS) return { target: bounded, lowerSince, mostSince: most };
  return most < bounded ? { target: most } : { target: bounded, lowerSince: now, mostSince: wanted };
}

/** One instance's part of a number that holds for all together: the parts of all instances add up to it. */
export const shareOf = (total: number, index: number, count: number): number =>
  Math.floor(total / count) + (index < total % count ? 1 : 0);
