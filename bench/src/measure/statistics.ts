/** The value below which this share of the samples lies; the nearest one, not between two. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? sorted[0];
  if (value === undefined) throw new RangeError('there are no samples');
  return value;
}

/** What is told of a row of samples. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** @param worst which end of the samples is the bad one: of times the high one, of rates the low one. */
export const spreadOf = (samples: readonly number[], worst: 'high' | 'low' = 'high'): Spread => ({
  p50: percentile(samples, 0.5),
  p99: percentile(samples, worst === 'high' ? 0.99 : 0.01),
});
