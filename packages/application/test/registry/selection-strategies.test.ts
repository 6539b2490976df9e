import { isHodeiError, type HealthStatus, type ProviderConfig } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Candidate } from '../../src/registry/candidate.ts';
import {
  compareBy,
  parseSelectionStrategy,
  SELECTION_STRATEGIES,
  type SelectionStrategyName,
} from '../../src/registry/selection-strategies.ts';
import { aConfig } from './a-config.ts';

type Traits = Partial<Omit<Candidate, 'config'>> & Partial<Pick<ProviderConfig, 'priority' | 'maxWorkers'>>;

function candidate(name: string, { priority = 0, maxWorkers = 10, ...traits }: Traits = {}): Candidate {
  return {
    config: aConfig({ name, priority, maxWorkers }),
    health: 'healthy',
    liveWorkers: 0,
    startupMs: 100,
    ...traits,
  };
}

const order = (strategy: SelectionStrategyName, ...candidates: readonly Candidate[]): readonly string[] =>
  candidates.toSorted(compareBy(strategy)).map(({ config }) => config.name);

describe('a selection strategy', () => {
  it('least_loaded takes the smallest part of the places, not the smallest number', () => {
    const big = candidate('big', { liveWorkers: 5, maxWorkers: 100 });
    const small = candidate('small', { liveWorkers: 1, maxWorkers: 2 });
    expect(order('least_loaded', small, big)).toEqual(['big', 'small']);
  });

  it('fastest_start takes the shortest estimate', () => {
    expect(order('fastest_start', candidate('slow', { startupMs: 200 }), candidate('fast', { startupMs: 2 }))).toEqual([
      'fast',
      'slow',
    ]);
  });

  it('lowest_cost takes the lowest price, and what has none comes last', () => {
    const candidates = [
      candidate('unknown'),
      candidate('dear', { cost: 2 }),
      candidate('cheap', { cost: 1 }),
      candidate('free', { cost: 0 }),
    ];
    expect(order('lowest_cost', ...candidates)).toEqual(['free', 'cheap', 'dear', 'unknown']);
  });

  it('priority takes the highest', () => {
    expect(order('priority', candidate('low', { priority: -1 }), candidate('high', { priority: 5 }))).toEqual([
      'high',
      'low',
    ]);
  });

  it('breaks ties by health, priority, load and name', () => {
    const same = [
      candidate('e-degraded', { health: 'degraded', priority: 9 }),
      candidate('d-first', { priority: 1 }),
      candidate('c-loaded', { liveWorkers: 1 }),
      candidate('b'),
      candidate('a'),
    ];
    expect(order('fastest_start', ...same)).toEqual(['d-first', 'a', 'b', 'c-loaded', 'e-degraded']);
  });

  it('gives the same order whatever the order it began with', () => {
    const traits = fc.record({
      health: fc.constantFrom<HealthStatus>('healthy', 'degraded'),
      liveWorkers: fc.integer({ min: 0, max: 3 }),
      startupMs: fc.integer({ min: 0, max: 3 }),
      priority: fc.integer({ min: 0, max: 2 }),
    });
    const cost = fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined });
    const strategies = Object.keys(SELECTION_STRATEGIES).map(parseSelectionStrategy);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(traits, cost), { maxLength: 8 }),
        fc.constantFrom(...strategies),
        fc.infiniteStream(fc.nat()),
        (all, strategy, keys) => {
          const candidates = all.map(([each, price], index) =>
            candidate(`p${index}`, { ...each, ...(price === undefined ? {} : { cost: price }) }),
          );
          const shuffled = candidates
            .map((each) => [keys.next().value ?? 0, each] as const)
            .toSorted(([a], [b]) => a - b);
          expect(order(strategy, ...shuffled.map(([, each]) => each))).toEqual(order(strategy, ...candidates));
        },
      ),
    );
  });

  it('is known by name, and an unknown name is refused with those that there are', () => {
    expect(parseSelectionStrategy('lowest_cost')).toBe('lowest_cost');
    for (const name of ['cheapest', 'toString', '']) {
      const error = thrownBy(() => parseSelectionStrategy(name));
      expect(isHodeiError(error, 'invalid_input')).toBe(true);
      expect(String(error)).toContain('least_loaded, fastest_start, lowest_cost, priority');
    }
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
