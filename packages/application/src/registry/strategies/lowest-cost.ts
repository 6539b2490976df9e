import type { CompareCandidates } from '../candidate.ts';

/** The lowest price. A provider without one comes last: unknown is not free. */
export const lowestCost: CompareCandidates = (a, b) => {
  if (a.cost === b.cost) return 0;
  if (a.cost === undefined) return 1;
  if (b.cost === undefined) return -1;
  return a.cost - b.cost;
};
