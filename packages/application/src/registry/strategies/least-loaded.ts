import { loadOf, type CompareCandidates } from '../candidate.ts';

/** The smallest part of its places given away. */
export const leastLoaded: CompareCandidates = (a, b) => loadOf(a) - loadOf(b);
