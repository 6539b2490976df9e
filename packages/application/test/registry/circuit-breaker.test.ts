import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  admitsFrom,
  afterAdmission,
  afterAnswer,
  afterFailure,
  afterNothing,
  afterSuccess,
  breakerAt,
  CLOSED_BREAKER,
  type BreakerOptions,
  type BreakerState,
} from '../../src/registry/circuit-breaker.ts';

const OPTIONS: BreakerOptions = { failuresToOpen: 3, firstBackoffMs: 1000, mostBackoffMs: 8000, canaryMs: 5000 };
const T = 1_000_000;

const failed = (state: BreakerState, at: number, times = 1): BreakerState =>
  times === 0 ? state : failed(afterFailure(state, at, OPTIONS), at, times - 1);
const admits = (state: BreakerState, at: number): boolean => admitsFrom(state, at) === at;

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, and not before', () => {
    expect(failed(CLOSED_BREAKER, T, 2).phase).toBe('closed');
    expect(failed(CLOSED_BREAKER, T, 3)).toEqual({ phase: 'open', until: T + 1000, backoffMs: 1000 });
  });

  it('counts from the beginning after a success', () => {
    const state = afterSuccess(failed(CLOSED_BREAKER, T, 2), T);
    expect(failed(state, T, 2).phase).toBe('closed');
  });

  it('does not take failures far apart for failures in a row', () => {
    const state = failed(CLOSED_BREAKER, T, 2);
    expect(afterFailure(state, T + 8001, OPTIONS).phase).toBe('closed');
    expect(afterFailure(state, T + 8000, OPTIONS).phase).toBe('open');
  });

  it('lets nothing through while it is open', () => {
    const state = failed(CLOSED_BREAKER, T, 3);
    expect(admitsFrom(state, T + 999)).toBe(T + 1000);
    expect(admits(state, T + 1000)).toBe(true);
  });

  it('lets one canary through when its time is over, and nothing beside it', () => {
    const state = afterAdmission(failed(CLOSED_BREAKER, T, 3), T + 1000, OPTIONS);
    expect(state.phase).toBe('half_open');
    expect(admits(state, T + 1001)).toBe(false);
  });

  it('closes when the canary succeeds', () => {
    const state = afterAdmission(failed(CLOSED_BREAKER, T, 3), T + 1000, OPTIONS);
    expect(afterSuccess(state, T + 1500)).toEqual(CLOSED_BREAKER);
  });

  it('doubles its backoff with each canary that fails, up to a bound', () => {
    let state = failed(CLOSED_BREAKER, T, 3);
    const seen: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      if (state.phase !== 'open') throw new Error(`it is ${state.phase}`);
      seen.push(state.backoffMs);
      state = afterFailure(afterAdmission(state, state.until, OPTIONS), state.until, OPTIONS);
    }
    expect(seen).toEqual([1000, 2000, 4000, 8000, 8000]);
  });

  it('begins with the first backoff again after it was closed', () => {
    const twice = afterFailure(failed(CLOSED_BREAKER, T, 3), T + 1000, OPTIONS);
    expect(twice).toMatchObject({ phase: 'open', backoffMs: 2000 });
    expect(failed(afterSuccess(twice, T + 9000), T + 9000, 3)).toMatchObject({ phase: 'open', backoffMs: 1000 });
  });

  it('gives a canary up that never reports, and lets another one through', () => {
    const state = afterAdmission(failed(CLOSED_BREAKER, T, 3), T + 1000, OPTIONS);
    expect(admits(state, T + 5999)).toBe(false);
    expect(admits(state, T + 6000)).toBe(true);
  });

  it('lets the next canary through at once where one ended without a verdict', () => {
    const state = afterAdmission(failed(CLOSED_BREAKER, T, 3), T + 1000, OPTIONS);
    expect(admits(afterNothing(state), T + 1001)).toBe(true);
  });

  it('is not closed by an answered health check, but tries at once', () => {
    const state = afterAnswer(failed(CLOSED_BREAKER, T, 3));
    expect(state.phase).toBe('half_open');
    expect(admits(state, T + 1)).toBe(true);
    expect(afterAnswer(failed(CLOSED_BREAKER, T, 2))).toEqual(failed(CLOSED_BREAKER, T, 2));
  });

  it('is not closed by work that began before it opened', () => {
    expect(afterSuccess(failed(CLOSED_BREAKER, T, 3), T + 1).phase).toBe('half_open');
  });
});

describe('any sequence of events', () => {
  const event = fc.record({
    kind: fc.constantFrom('failure', 'success', 'answer', 'nothing', 'admission'),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
  });

  it('keeps the breaker within its bounds, and it always lets work through again in time', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let now = T;
        let state: BreakerState = CLOSED_BREAKER;
        for (const { kind, afterMs } of events) {
          now += afterMs;
          const before = breakerAt(state, now);
          if (kind === 'failure') state = afterFailure(state, now, OPTIONS);
          else if (kind === 'success') state = afterSuccess(state, now);
          else if (kind === 'answer') state = afterAnswer(state);
          else if (kind === 'nothing') state = afterNothing(state);
          else if (admits(state, now)) state = afterAdmission(state, now, OPTIONS);

          const barred = admits(before, now) && !admits(state, now);
          expect(barred && !['failure', 'admission'].includes(kind), 'only a failure or a canary bars the way').toBe(
            false,
          );
          const closed = before.phase !== 'closed' && state.phase === 'closed';
          expect(closed && kind !== 'success', 'only a success closes it').toBe(false);
          expect(state.phase === 'closed' ? state.failures : 0).toBeLessThan(OPTIONS.failuresToOpen);
          expect(state.phase === 'closed' ? 0 : state.backoffMs).toBeLessThanOrEqual(OPTIONS.mostBackoffMs);
          expect(admitsFrom(state, now) - now).toBeLessThanOrEqual(Math.max(OPTIONS.mostBackoffMs, OPTIONS.canaryMs));
        }
      }),
    );
  });

  it('never lets a second canary through before the first has reported or was given up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 40 }), (gaps) => {
        let now = T + 1000;
        let state = failed(CLOSED_BREAKER, T, 3);
        let last = Number.NEGATIVE_INFINITY;
        for (const gap of gaps) {
          now += gap;
          if (!admits(state, now)) continue;
          expect(now - last).toBeGreaterThanOrEqual(OPTIONS.canaryMs);
          state = afterAdmission(state, now, OPTIONS);
          last = now;
        }
      }),
    );
  });
});
