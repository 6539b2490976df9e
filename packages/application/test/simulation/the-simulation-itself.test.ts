import { describe, expect, it } from 'vitest';

import { PLANTED_BUGS } from './planted-bugs.ts';
import { simulate, type SimulationResult } from './simulate.ts';

/** A bug that so many storms do not show would not be found by the seeds of one test run either. */
const SEEDS = 1500;

async function firstViolation(
  mutation: NonNullable<Parameters<typeof simulate>[1]>['mutation'],
): Promise<SimulationResult | undefined> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = await simulate(seed, mutation === undefined ? {} : { mutation });
    if (result.violation !== undefined) return result;
  }
  return undefined;
}

describe('a planted bug is found', () => {
  it.each(PLANTED_BUGS)('$name', { timeout: 60_000 }, async ({ mutation, breaks }) => {
    const found = await firstViolation(mutation);
    expect(found?.violation).toMatch(breaks);
  });
});

describe('a run', () => {
  it('is the same each time for the same seed, traced or not', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const first = await simulate(seed);
      const second = await simulate(seed, { keepTrace: true });
      expect([second.hash, second.steps]).toEqual([first.hash, first.steps]);
      expect(second.trace.length).toBeGreaterThan(10);
    }
  });

  it('is another one for another seed', async () => {
    const hashes = await Promise.all([1, 2, 3].map(async (seed) => (await simulate(seed)).hash));
    expect(new Set(hashes).size).toBe(3);
  });

  it('really has storms in it: jobs that are tried again, instances that come and go, pools that are refilled', async () => {
    const seen = { jobs: 0, attempts: 0, lives: 0, refills: 0, sawRoomKept: 0, imagesRemoved: 0 };
    for (let seed = 1; seed <= 50; seed += 1) {
      const { jobs, attempts, lives, refills, sawRoomKept, imagesRemoved } = await simulate(seed);
      seen.jobs += jobs;
      seen.attempts += attempts;
      seen.lives += lives;
      seen.refills += refills;
      seen.sawRoomKept += sawRoomKept;
      seen.imagesRemoved += imagesRemoved;
    }
    expect(seen.jobs).toBeGreaterThan(100);
    expect(seen.attempts).toBeGreaterThan(seen.jobs);
    expect(seen.lives).toBeGreaterThan(150);
    expect(seen.refills).toBeGreaterThan(5);
    expect(seen.sawRoomKept).toBeGreaterThan(2);
    expect(seen.imagesRemoved).toBeGreaterThan(2);
  });
});
