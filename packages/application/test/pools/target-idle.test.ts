import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LOWER_AFTER_MS, shareOf, targetIdle, wantedIdle, type IdleDemand } from '../../src/pools/target-idle.ts';

const demand = (given: Partial<IdleDemand> = {}): IdleDemand => ({
  policy: 'auto',
  minIdle: 1,
  maxIdle: 50,
  arrivalsPerSecond: 0,
  startP95Ms: 300,
  ...given,
});

const anyDemand: fc.Arbitrary<IdleDemand> = fc
  .record({
    policy: fc.constantFrom('auto' as const, 'fixed' as const),
    minIdle: fc.nat(20),
    more: fc.nat(30),
    arrivalsPerSecond: fc.double({ min: 0, max: 1000, noNaN: true }),
    startP95Ms: fc.integer({ min: 0, max: 60_000 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, maxIdle: rest.minIdle + more }));

describe('how many shall wait', () => {
  it('is what arrives while one starts, and room for chance', () => {
    expect(wantedIdle(demand({ arrivalsPerSecond: 10, startP95Ms: 400 }))).toBe(8);
    expect(wantedIdle(demand({ arrivalsPerSecond: 0 }))).toBe(1);
    expect(wantedIdle(demand({ policy: 'fixed', minIdle: 3, arrivalsPerSecond: 100 }))).toBe(3);
  });

  it('stays within the bounds, and never grows when less is asked for', () => {
    fc.assert(
      fc.property(anyDemand, fc.double({ min: 0, max: 1, noNaN: true }), (asked, part) => {
        const wanted = wantedIdle(asked);
        expect(wanted).toBeGreaterThanOrEqual(asked.minIdle);
        expect(wanted).toBeLessThanOrEqual(asked.maxIdle);
        const less = { ...asked, arrivalsPerSecond: asked.arrivalsPerSecond * part };
        expect(wantedIdle(less)).toBeLessThanOrEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });

  it('goes up at once, and down only after a minute, to the most of that time', () => {
    const busy = demand({ arrivalsPerSecond: 20 });
    const quiet = demand();
    let target = targetIdle({ target: 1 }, busy, 0);
    expect(target.target).toBe(wantedIdle(busy));
    target = targetIdle(target, quiet, 1000);
    expect(target.target).toBe(wantedIdle(busy));
    const between = demand({ arrivalsPerSecond: 5 });
    target = targetIdle(target, between, 30_000);
    target = targetIdle(target, quiet, 1000 + LOWER_AFTER_MS - 1);
    expect(target.target).toBe(wantedIdle(busy));
    target = targetIdle(target, quiet, 1000 + LOWER_AFTER_MS);
    expect(target.target).toBe(wantedIdle(between));
  });

  it('never goes up without a demand for it, nor down before its time, whatever comes', () => {
    const steps = fc.array(
      fc.record({ rate: fc.integer({ min: 0, max: 100 }), afterMs: fc.integer({ min: 1, max: 40_000 }) }),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let target = targetIdle({ target: 0 }, demand(), 0);
        let now = 0;
        const wantedAt: { readonly at: number; readonly wanted: number }[] = [{ at: 0, wanted: 1 }];
        for (const { rate, afterMs } of all) {
          now += afterMs;
          const asked = demand({ arrivalsPerSecond: rate });
          const before = target.target;
          target = targetIdle(target, asked, now);
          wantedAt.push({ at: now, wanted: wantedIdle(asked) });
          expect(target.target).toBeGreaterThanOrEqual(wantedIdle(asked));
          if (target.target > before) expect(target.target).toBe(wantedIdle(asked));
          if (target.target < before) {
            const lately = wantedAt.filter(({ at }) => at > now - LOWER_AFTER_MS).map(({ wanted }) => wanted);
            expect(target.target).toBeGreaterThanOrEqual(Math.max(...lately));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is shared out so that the parts add up', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (total, count) => {
        const parts = Array.from({ length: count }, (_, index) => shareOf(total, index, count));
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });
});
