import { loadOf, type Candidate, type CompareCandidates } from '../candidate.ts';

/** Loads within the same tenth count as the same, so that what was asked for decides: an image that is there, say. */
const STEPS = 10;

/** The smallest part of its places given away, in tenths. */
export const leastLoaded: CompareCandidates = (a, b) => stepOf(a) - stepOf(b);

const stepOf = (candidate: Candidate): number => Math.floor(loadOf(candidate) * STEPS);

/** The smallest part of its places given away, exactly. */
export const exactlyLeastLoaded: CompareCandidates = (a, b) => loadOf(a) - loadOf(b);
