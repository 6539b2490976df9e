import { describe, expect, it } from 'vitest';

import { simulate, type SimulationResult } from './simulate.ts';

/** About 25 ms each. `pnpm simulate --seeds N` runs as many as you like. */
const SEEDS = Array.from({ length: 800 }, (_, index) => index + 1);

describe('a whole installation in a storm of faults', () => {
  it('breaks no rule, and everything comes to its end once the storm is over', { timeout: 120_000 }, async () => {
    for (const seed of SEEDS) {
      const { violation } = await simulate(seed);
      expect(violation, `replay it with: pnpm simulate --seed ${seed}`).toBeUndefined();
    }
  });

  it('goes the same way for the same seed', async () => {
    const [first, again, other] = [await simulate(7), await simulate(7), await simulate(8)];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('really is one: it has jobs, several lives and more attempts than jobs', async () => {
    const runs: SimulationResult[] = [];
    for (const seed of SEEDS.slice(0, 20)) runs.push(await simulate(seed));
    const sum = (of: 'jobs' | 'attempts' | 'lives'): number => runs.reduce((total, run) => total + run[of], 0);
    expect(sum('jobs')).toBeGreaterThan(runs.length);
    expect(sum('attempts')).toBeGreaterThan(sum('jobs'));
    expect(sum('lives')).toBeGreaterThan(2 * runs.length);
  });
});
