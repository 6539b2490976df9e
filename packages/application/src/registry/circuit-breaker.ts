import type { EpochMs } from '@hodei/domain';

/** How soon a breaker opens, and how long it stays open. */
export interface BreakerOptions {
  /** So many failures in a row open it. */
  readonly failuresToOpen: number;
  /** The first time it stays open for so many milliseconds; each canary that fails doubles it. */
  readonly firstBackoffMs: number;
  /** It never stays open for longer than this, in milliseconds. Failures further apart than this are not in a row. */
  readonly mostBackoffMs: number;
  /** A canary that has not reported after so many milliseconds is given up, and another one is let through. */
  readonly canaryMs: number;
}

export const DEFAULT_BREAKER_OPTIONS: BreakerOptions = {
  failuresToOpen: 3,
  firstBackoffMs: 1000,
  mostBackoffMs: 30_000,
  canaryMs: 60_000,
};

/**
 * - `closed`: work goes through; failures in a row are counted.
 * - `open`: nothing goes through before `until`.
 * - `half_open`: one piece of work, the canary, goes through; its end decides.
 */
export type BreakerState =
  | { readonly phase: 'closed'; readonly failures: number; readonly lastFailureAt: EpochMs }
  | { readonly phase: 'open'; readonly until: EpochMs; readonly backoffMs: number }
  | { readonly phase: 'half_open'; readonly canaryUntil: EpochMs; readonly backoffMs: number };

/** Where every breaker begins. */
export const CLOSED_BREAKER: BreakerState = { phase: 'closed', failures: 0, lastFailureAt: 0 };

/** The state as it is at this moment: an open breaker whose time is over is half open. */
export function breakerAt(state: BreakerState, now: EpochMs): BreakerState {
  return state.phase === 'open' && now >= state.until ? halfOpen(state.backoffMs) : state;
}

/** The earliest moment at which work may go through; `now` where it may at once. */
export function admitsFrom(state: BreakerState, now: EpochMs): EpochMs {
  switch (state.phase) {
    case 'closed':
      return now;
    case 'open':
      return Math.max(now, state.until);
    case 'half_open':
      return Math.max(now, state.canaryUntil);
    default:
      return state satisfies never;
  }
}

/** Work was let through. In a half-open breaker it is the canary, and nothing else goes through until it reports. */
export function afterAdmission(state: BreakerState, now: EpochMs, options: BreakerOptions): BreakerState {
  const current = breakerAt(state, now);
  return current.phase === 'half_open' ? { ...current, canaryUntil: now + options.canaryMs } : current;
}

/** Work failed for a fault of the engine. A failure that comes late, when it is open already, changes nothing. */
export function afterFailure(state: BreakerState, now: EpochMs, options: BreakerOptions): BreakerState {
  const current = breakerAt(state, now);
  switch (current.phase) {
    case 'closed': {
      const inARow = now - current.lastFailureAt <= options.mostBackoffMs;
      const failures = inARow ? current.failures + 1 : 1;
      if (failures < options.failuresToOpen) return { phase: 'closed', failures, lastFailureAt: now };
      return open(now, options.firstBackoffMs);
    }
    case 'half_open':
      return open(now, Math.min(options.mostBackoffMs, current.backoffMs * 2));
    case 'open':
      return current;
    default:
      return current satisfies never;
  }
}

/** Work was done. An open breaker is not closed by what began before it opened; a canary may try at once. */
export function afterSuccess(state: BreakerState, now: EpochMs): BreakerState {
  return breakerAt(state, now).phase === 'open' ? afterAnswer(state) : CLOSED_BREAKER;
}

/**
 * The engine answered a health check. That says that trying is worth it, not that work will succeed: an open
 * breaker lets its canary through at once, and failures that were counted still count.
 */
export function afterAnswer(state: BreakerState): BreakerState {
  return state.phase === 'open' ? halfOpen(state.backoffMs) : state;
}

/** The canary ended without saying anything about the engine, like by a cancellation: the next one may go. */
export function afterNothing(state: BreakerState): BreakerState {
  return state.phase === 'half_open' ? halfOpen(state.backoffMs) : state;
}

const open = (now: EpochMs, backoffMs: number): BreakerState => ({ phase: 'open', until: now + backoffMs, backoffMs });

const halfOpen = (backoffMs: number): BreakerState => ({ phase: 'half_open', canaryUntil: 0, backoffMs });
