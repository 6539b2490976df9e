import type { CompareCandidates } from '../candidate.ts';

/** The shortest estimated time until a worker is ready. */
export const fastestStart: CompareCandidates = (a, b) => a.startupMs - b.startupMs;
