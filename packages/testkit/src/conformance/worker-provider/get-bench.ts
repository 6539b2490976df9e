import type { Bench } from './bench.ts';

/** Gives each test its bench. */
export type GetBench = () => Bench;
