import type { CompareCandidates } from '../candidate.ts';

/** The highest priority that an operator gave. */
export const highestPriority: CompareCandidates = (a, b) => b.config.priority - a.config.priority;
