import { describe, expect, it } from 'vitest';

import { simulate } from './simulate.ts';

const SEEDS_A_TEST = 125;

/** How to see what happened in a run that broke a rule. */
export const replayCommand = (seed: number): string => `pnpm simulate --seed ${seed}`;

/** Runs these seeds, and says of the first one that breaks a rule which it was and how to see it again. */
export function describeSeeds(from: number, to: number): void {
  describe('an installation under a storm', () => {
    for (let first = from; first <= to; first += SEEDS_A_TEST) {
      const last = Math.min(to, first + SEEDS_A_TEST - 1);
      it(`loses and leaks nothing: seeds ${first} to ${last}`, { timeout: 60_000 }, async () => {
        for (let seed = first; seed <= last; seed += 1) {
          const { violation } = await simulate(seed);
          expect(violation, `seed ${seed} broke a rule; see it with: ${replayCommand(seed)}`).toBeUndefined();
        }
      });
    }
  });
}
