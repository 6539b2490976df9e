import type { HistoryEvent } from '../../packages/domain/src/index.ts';
import type { Death } from './instance-process.ts';

/** How long the jobs of one life of an instance were without an owner. */
export interface Takeover {
  readonly death: Death;
  readonly jobs: number;
  /** From the death to the last of its jobs being in other hands, in milliseconds. */
  readonly tookMs: number;
  /** Whether the database or the engine was away in that time as well. */
  readonly disturbed: boolean;
}

/** What history says about the jobs of instances that died. */
export const findTakeovers = (
  deaths: readonly Death[],
  events: readonly HistoryEvent[],
  outages: readonly (readonly [from: number, to: number])[],
): readonly Takeover[] =>
  deaths.flatMap((death) => {
    const epoch = death.epochs.at(-1);
    const taken = events.filter(
      ({ kind, data, at }) => kind === 'job.taken_over' && data['from'] === epoch && at >= death.at,
    );
    const last = Math.max(...taken.map(({ at }) => at));
    if (taken.length === 0) return [];
    const disturbed = outages.some(([from, to]) => from < last && to > death.at);
    return [{ death, jobs: taken.length, tookMs: last - death.at, disturbed }];
  });

export const median = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
