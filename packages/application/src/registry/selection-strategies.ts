import { HodeiError } from '@hodei/domain';

import type { CompareCandidates } from './candidate.ts';
import { fastestStart } from './strategies/fastest-start.ts';
import { highestPriority } from './strategies/highest-priority.ts';
import { exactlyLeastLoaded, leastLoaded } from './strategies/least-loaded.ts';
import { lowestCost } from './strategies/lowest-cost.ts';

/** How a provider is chosen among those that can take the work now, by name. */
export const SELECTION_STRATEGIES = {
  least_loaded: leastLoaded,
  fastest_start: fastestStart,
  lowest_cost: lowestCost,
  priority: highestPriority,
} as const satisfies Record<string, CompareCandidates>;

/** See {@link SELECTION_STRATEGIES}. */
export type SelectionStrategyName = keyof typeof SELECTION_STRATEGIES;

/** @throws HodeiError `invalid_input`, listing the strategies that there are. */
export function parseSelectionStrategy(text: string): SelectionStrategyName {
  if (Object.hasOwn(SELECTION_STRATEGIES, text)) return text as SelectionStrategyName;
  const known = Object.keys(SELECTION_STRATEGIES).join(', ');
  throw new HodeiError('invalid_input', `"${text}" is no selection strategy; known are ${known}`, {
    details: { field: 'strategy' },
  });
}

/** Starts that take less than this, in milliseconds, are alike: only a pull takes longer. */
const ALIKE_MS = 2000;

/** By how fast it starts, to a factor of two: so one that has the image comes before one that has to fetch it. */
const imageLocality: CompareCandidates = (a, b) => magnitudeOf(a.startupMs) - magnitudeOf(b.startupMs);

const magnitudeOf = (ms: number): number =>
  Number.isFinite(ms) ? Math.floor(Math.log2(Math.max(1, ms / ALIKE_MS))) : 1e9;

/**
 * Ties go to the healthy one, then to the one that has the image, to the higher priority, the lower load and at last
 * the name: never to chance.
 */
const TIE_BREAKS: readonly CompareCandidates[] = [
  (a, b) => Number(a.health !== 'healthy') - Number(b.health !== 'healthy'),
  imageLocality,
  highestPriority,
  exactlyLeastLoaded,
  (a, b) => (a.config.name < b.config.name ? -1 : Number(a.config.name > b.config.name)),
];

/** Orders candidates, the best first: a total order, as names are unique. */
export const compareBy =
  (strategy: SelectionStrategyName): CompareCandidates =>
  (a, b) => {
    for (const compare of [SELECTION_STRATEGIES[strategy], ...TIE_BREAKS]) {
      const difference = compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
