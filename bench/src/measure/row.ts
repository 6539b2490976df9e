import { spreadOf, type Spread } from './statistics.ts';

/** One comparison, as it is written to the JSON file. */
export interface Row {
  /** Stable, for programs. */
  readonly name: string;
  /** The same for people. */
  readonly what: string;
  readonly unit: string;
  /** Which way is better. */
  readonly better: 'lower' | 'higher';
  readonly ours: Spread;
  /** The floor or the peer, measured in the same run, in turns with ours; null where there is none. */
  readonly against: (Spread & { readonly name: string }) | null;
  /** Ours divided by theirs, of the medians. */
  readonly ratio: number | null;
  /** Null: it is told, and nothing is promised. */
  readonly target: string | null;
  readonly met: boolean | null;
  /** How many samples each side has. */
  readonly samples: number;
}

/** What is promised, and how it is seen. */
export interface Target {
  readonly words: string;
  isMet(row: Pick<Row, 'ours' | 'ratio'>): boolean;
}

export const atMostTimes = (factor: number): Target => ({
  words: `at most ${factor} times`,
  isMet: ({ ratio }) => ratio !== null && ratio <= factor,
});
export const atLeastTimes = (factor: number): Target => ({
  words: `at least ${factor} times`,
  isMet: ({ ratio }) => ratio !== null && ratio >= factor,
});
export const above: Target = { words: 'above', isMet: ({ ratio }) => ratio !== null && ratio > 1 };
export const atMost = (limit: number): Target => ({
  words: `at most ${limit}`,
  isMet: ({ ours }) => ours.p50 <= limit,
});
export const atLeast = (limit: number): Target => ({
  words: `at least ${limit}`,
  isMet: ({ ours }) => ours.p50 >= limit,
});

/** Makes a row of samples. */
export function toRow(given: {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly better?: 'lower' | 'higher';
  readonly ours: readonly number[];
  readonly against?: { readonly name: string; readonly samples: readonly number[] };
  readonly target?: Target;
}): Row {
  const { name, what, unit, better = 'lower', target, against } = given;
  const worst = better === 'lower' ? 'high' : 'low';
  const ours = spreadOf(given.ours, worst);
  const theirs = against === undefined ? null : { name: against.name, ...spreadOf(against.samples, worst) };
  const ratio = theirs === null ? null : ours.p50 / theirs.p50;
  return {
    name,
    what,
    unit,
    better,
    ours,
    against: theirs,
    ratio,
    target: target?.words ?? null,
    met: target?.isMet({ ours, ratio }) ?? null,
    samples: given.ours.length,
  };
}
